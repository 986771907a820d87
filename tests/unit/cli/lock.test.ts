import { spawn } from "node:child_process";
import fs, {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { fileObstacle } from "../../../cli/command";
import { alone } from "../../../cli/lock";
import { isAlive } from "../../../cli/tools/process";
import { writeText } from "../../../config/files";
import { ensureSecrets, readSecrets } from "../../../export/secrets";
import { eventually } from "../../support/poll";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-unit-"));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe("one command at a time", () => {
  const stack = () => ({ folder: join(folder, "dev"), shortName: "dev" });
  const busy = () => join(folder, "dev", "busy");

  test("a second one is told, and the next may work", async () => {
    await alone(stack(), async () => {
      await expect(alone(stack(), async () => "twice")).rejects.toThrow(/^Another npm run up or down of stack dev is/);
    });
    expect(await alone(stack(), async () => "later")).toBe("later");
    expect(existsSync(busy())).toBe(false);
  });

  test("one that failed leaves nothing", async () => {
    await expect(alone(stack(), () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(existsSync(busy())).toBe(false);
  });

  test.each([
    ["a killed run", `2147483646 ${hostname()}`],
    ["a killed run whose number another process has", `${process.pid} ${hostname()} 1`],
    ["a run that was killed at once", ""],
  ])("%s blocks nobody", async (_, content) => {
    mkdirSync(stack().folder);
    writeFileSync(busy(), content);
    expect(await alone(stack(), async () => "done")).toBe("done");
  });

  test("one that is about to say who it is counts", async () => {
    mkdirSync(stack().folder);
    writeFileSync(busy(), "");
    const second = alone(stack(), async () => "twice");
    writeFileSync(busy(), `${process.pid} ${hostname()}`);
    await expect(second).rejects.toThrow(/^Another npm run up or down of stack dev is/);
  });

  test("of many who find what a killed run left, one works at a time", async () => {
    mkdirSync(stack().folder);
    writeFileSync(busy(), `2147483646 ${hostname()}`);
    let [atWork, done] = [0, 0];
    const one = () =>
      alone(stack(), async () => {
        expect(++atWork).toBe(1);
        await new Promise(setImmediate);
        atWork--;
        done++;
      });
    const results = await Promise.allSettled(Array.from({ length: 20 }, one));
    const refused = results.flatMap((each) => (each.status === "rejected" ? [String(each.reason)] : []));
    expect(refused.filter((reason) => !reason.includes("is at work"))).toEqual([]);
    expect(done).toBeGreaterThanOrEqual(1);
    expect(readdirSync(stack().folder)).toEqual([]);
  });

  test("a link that leads to nothing blocks nobody", async () => {
    mkdirSync(stack().folder);
    symlinkSync("nothing", busy());
    expect(await alone(stack(), async () => "done")).toBe("done");
    expect(readdirSync(stack().folder)).toEqual([]);
  });

  test("a run that came while another one removed what a killed run left keeps its place", async () => {
    mkdirSync(stack().folder);
    writeFileSync(busy(), `2147483646 ${hostname()}`);
    jest.spyOn(fs, "renameSync").mockImplementationOnce((from, to) => {
      writeFileSync(from as string, "1 second");
      fs.renameSync(from, to);
      writeFileSync(from as string, "1 third");
    });
    await expect(alone(stack(), async () => "done")).rejects.toThrow("is at work (process 1 on third)");
    expect(readFileSync(busy(), "utf8")).toBe("1 third");
    expect(readdirSync(stack().folder)).toEqual(["busy"]);
  });

  test("a run that came before another one removed what a killed run left gets its place back", async () => {
    mkdirSync(stack().folder);
    writeFileSync(busy(), `2147483646 ${hostname()}`);
    jest.spyOn(fs, "renameSync").mockImplementationOnce((from, to) => {
      writeFileSync(from as string, "1 second");
      fs.renameSync(from, to);
    });
    await expect(alone(stack(), async () => "done")).rejects.toThrow("is at work (process 1 on second)");
    expect(readdirSync(stack().folder)).toEqual(["busy"]);
  });

  test("a run that ends leaves the place to whoever has it", async () => {
    await alone(stack(), async () => writeFileSync(busy(), "1 elsewhere"));
    expect(readFileSync(busy(), "utf8")).toBe("1 elsewhere");
  });

  test("another machine's does", async () => {
    mkdirSync(stack().folder);
    writeFileSync(busy(), "1 elsewhere");
    await expect(alone(stack(), async () => "done")).rejects.toThrow(`remove ${busy()}.`);
  });
});

test("a process that has ended and that nobody waited for is dead", async () => {
  expect(isAlive(process.pid)).toBe(true);
  // The shell becomes a program that never waits for its child.
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 30"], { stdio: ["ignore", "pipe", "ignore"] });
  const pid = await new Promise<number>((resolve) => parent.stdout.once("data", (text) => resolve(Number(text))));
  try {
    await eventually("its end", async () => !isAlive(pid), 10);
    expect(() => process.kill(pid, 0)).not.toThrow();
  } finally {
    parent.kill();
  }
});

test("a process of another user, of which the system tells nothing, is alive", () => {
  const hidden = 2147483646;
  expect(isAlive(hidden)).toBe(false);
  jest.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
  });
  expect([isAlive(hidden), isAlive(hidden, "1")]).toEqual([true, true]);
});

describe("the file of passwords", () => {
  const specs = ["A", "B", "C"].map((name) => ({ name, length: 20 }));

  function cut(change: (text: string) => string) {
    const file = join(folder, "secrets.env");
    const before = ensureSecrets(file, specs);
    writeFileSync(file, change(readFileSync(file, "utf8")));
    const said: string[] = [];
    const after = ensureSecrets(file, specs, (message) => said.push(message));
    return { before, after, said, file };
  }

  test("that was cut off inside a value says what is made anew", () => {
    const { before, after, said, file } = cut((text) => text.slice(0, -5));
    expect(after).toMatchObject({ A: before.A, B: before.B });
    expect(after.C).toHaveLength(20);
    expect(said).toEqual([`${file} has lost 1 of its passwords, and these are made anew: C`]);
    expect(readSecrets(file)).toEqual(after);
  });

  test("that is empty does so too", () => {
    const { said, file } = cut(() => "");
    expect(said).toEqual([`${file} has lost all its passwords, and these are made anew: A, B, C`]);
  });

  test("is put in the place of the old one as a whole, for its owner's eyes", () => {
    const file = join(folder, "secrets.env");
    const before = ensureSecrets(file, specs);
    // Whoever has it open still reads the old one.
    const old = openSync(file, "r");
    chmodSync(file, 0o644);
    const after = ensureSecrets(file, [...specs, { name: "D", length: 20 }]);
    expect(readFileSync(old, "utf8")).toBe(
      `# 3 passwords follow, one a line\nA=${before.A}\nB=${before.B}\nC=${before.C}\n`,
    );
    closeSync(old);
    expect(after).toMatchObject(before);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["secrets.env"]);
  });

  test("that is whole, or that somebody wrote, is taken as it is", () => {
    expect(cut((text) => text).said).toEqual([]);
    const { after, said } = cut(() => "A=1\nB=2\nC=3");
    expect(after).toEqual({ A: "1", B: "2", C: "3" });
    expect(said).toEqual([]);
  });

  test("gets a new member's without a word", () => {
    const file = join(folder, "secrets.env");
    ensureSecrets(file, specs.slice(0, 2));
    const said: string[] = [];
    ensureSecrets(file, specs, (message) => said.push(message));
    expect(said).toEqual([]);
  });
});

test.each([
  ["EISDIR", "/p/x is a folder, and a file belongs there: move it away."],
  ["ERR_FS_EISDIR", "/p/x is a folder, and a file belongs there: move it away."],
  ["EEXIST", "/p/x cannot be used: a file is where a folder belongs. Move it away."],
  ["EACCES", "/p/x may not be read or written: give yourself the right"],
  ["EROFS", "/p/x is on a file system that is read-only: set MUSTER_HOME to a folder elsewhere."],
  ["ENOENT", "/p/x is out of reach: there is no folder /p. Make it first."],
])("%s of a file is no defect", (code, message) => {
  expect(fileObstacle(Object.assign(new Error(code), { code, path: "/p/x" }))).toContain(message);
  expect(fileObstacle(Object.assign(new Error(code), { code }))).toBeUndefined();
});

test.each(["ENOSPC", "EDQUOT"])("%s is no defect, and its write names no file", (code) => {
  const message = "cannot be written, because the disk is full: make room there.";
  expect(fileObstacle(Object.assign(new Error(code), { code, path: "/p/x" }))).toBe(`/p/x ${message}`);
  expect(fileObstacle(Object.assign(new Error(code), { code }))).toBe(`A file ${message}`);
});

test("a folder that cannot be made is no defect", () => {
  const error = Object.assign(new Error("x"), { code: "ENOENT", syscall: "mkdir", path: join(folder, "x") });
  expect(fileObstacle(error)).toBe(`${folder}/x cannot be made there: set MUSTER_HOME to a folder elsewhere.`);
});

test("a file that cannot be written is named, and nothing is left of it", () => {
  const file = join(folder, "compose.yaml");
  mkdirSync(file);
  expect(() => writeText(file, "text", 0o600)).toThrow(expect.objectContaining({ code: "EISDIR", path: file }));
  expect(() => writeText(join(file, "a/b"), "text", 0o600)).toThrow(
    expect.objectContaining({ code: "ENOENT", path: join(file, "a/b") }),
  );
  expect(readdirSync(folder)).toEqual(["compose.yaml"]);
});

test("a folder in the place of a file of ours is named", () => {
  const file = join(folder, "secrets.env");
  mkdirSync(file);
  const caught = (() => {
    try {
      return readSecrets(file);
    } catch (error) {
      return error;
    }
  })();
  expect(fileObstacle(caught)).toBe(`${file} is a folder, and a file belongs there: move it away.`);
});

test("a file that is missing in a folder that is there may be a defect", () => {
  expect(fileObstacle(Object.assign(new Error("x"), { code: "ENOENT", path: join(folder, "x") }))).toBeUndefined();
});
