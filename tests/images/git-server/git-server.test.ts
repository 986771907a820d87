import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

const image = resolve(__dirname, "../../../images/git-server");
const run = promisify(execFile);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "git-server-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const environment = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Alice",
  GIT_AUTHOR_EMAIL: "alice@example.org",
  GIT_COMMITTER_NAME: "Alice",
  GIT_COMMITTER_EMAIL: "alice@example.org",
  GIT_PROTECTED_BRANCHES: "main release/*",
  GIT_ALLOW_FORCE_PUSH: "off",
  GIT_ALLOW_DELETION: "off",
};

/** A bare repository with one commit on main and on other, and a clone of it. */
function repositories() {
  const bare = join(folder, "app.git");
  const clone = join(folder, "clone");
  const git = (cwd: string, ...args: string[]) =>
    execFileSync("git", args, { cwd, env: environment, encoding: "utf8", stdio: "pipe" }).trim();
  git(folder, "init", "--quiet", "--bare", "--initial-branch=main", bare);
  git(folder, "clone", "--quiet", bare, clone);
  git(clone, "switch", "--quiet", "--create", "main");
  const commit = (message: string) => git(clone, "commit", "--quiet", "--allow-empty", "--message", message);
  commit("first");
  git(clone, "push", "--quiet", "origin", "main", "main:other", "main:release/1");
  return { bare, clone, git, commit };
}

describe("a repository's name", () => {
  const isValid = (name: string) => {
    const script = `. "${image}/../base/rules.sh"; . "${image}/lib/repository.sh"; valid_name "$1" && echo yes || echo no`;
    return execFileSync("sh", ["-c", script, "sh", name], { encoding: "utf8" }).trim() === "yes";
  };

  test.each([
    ["my-shop", ""],
    ["shop", ""],
    ["my_blog", 'its address is that of "my.blog", since "_" and "." are "-" in addresses'],
    ["my--shop", '"--" separates the parts of an address'],
    ["my._shop", '"--" separates the parts of an address'],
    ["shop-", "a name ends in a letter or a digit, since it is part of an address"],
  ])("of a new repository, %j", (name, problem) => {
    mkdirSync(join(folder, "my.blog.git"));
    mkdirSync(join(folder, "shop.git"));
    const script = `. "${image}/lib/repository.sh"; repositories=$2; no_address "$1" || true`;
    const said = execFileSync("sh", ["-c", script, "sh", name, folder], { encoding: "utf8" }).trim();
    expect(said.slice(0, problem.length || 1)).toBe(problem);
  });

  test.each(["app", "a", "0", "my-app_2.0", "a".repeat(64)])("%j is one", (name) => {
    expect(isValid(name)).toBe(true);
  });

  test.each([
    ...["", "../x", "a/b", "a b", '"', "'", "$(id)", "`id`", "App", "ä", "a\nb", "a\n", "-a", ".a", "_a", "a..b", "*"],
    ...["a.git", "a.lock", "a".repeat(65), "a".repeat(200)],
  ])("%j is none", (name) => {
    expect(isValid(name)).toBe(false);
  });
});

describe("the list of objects that are let in with their faults", () => {
  const id = "0123456789abcdef0123456789abcdef01234567";

  test("is what it has of ids, and a line that is none refuses no push", () => {
    const { bare, clone, git, commit } = repositories();
    const list = join(folder, "list");
    writeFileSync(join(folder, ".fsck-skip"), `# of the old shop\n\n  ${id}\t# a tree\nold-shop\n${id.slice(1)}\n`);
    const take = `. "${image}/lib/repository.sh"; repositories=$1 skip_list=$1/list; take_skip_list; warn_of_skip_list`;
    const said = execFileSync("sh", ["-euc", take, "sh", folder], { encoding: "utf8" });
    expect(said).toBe(
      `warning: ${folder}/.fsck-skip has a line that is no id of an object, which counts for nothing: old-shop\n`,
    );
    expect(readFileSync(list, "utf8")).toBe(`${id}\n`);

    git(bare, "config", "receive.fsckObjects", "true");
    commit("second");
    const pushWith = (file: string) => {
      git(bare, "config", "receive.fsck.skipList", file);
      return () => git(clone, "push", "--quiet", "origin", "main");
    };
    expect(pushWith(join(folder, ".fsck-skip"))).toThrow("invalid object name: old-shop");
    expect(pushWith(list)).not.toThrow();
  });

  test("need not be there", () => {
    const take = `. "${image}/lib/repository.sh"; repositories=$1 skip_list=$1/list; take_skip_list; warn_of_skip_list`;
    expect(execFileSync("sh", ["-euc", take, "sh", folder], { encoding: "utf8" })).toBe("");
    expect(readFileSync(join(folder, "list"), "utf8")).toBe("");
  });
});

describe("a push", () => {
  /** What git says to the pusher: the lines of the hook, or "" where the push is taken. */
  function push(setting: Partial<typeof environment>, ...refs: string[]) {
    const { bare, clone, git, commit } = repositories();
    mkdirSync(join(folder, "hooks"));
    symlinkSync(join(image, "hooks/pre-receive"), join(folder, "hooks/pre-receive"));
    git(bare, "config", "core.hooksPath", join(folder, "hooks"));
    git(bare, "config", "receive.denyDeleteCurrent", "ignore");
    git(clone, "commit", "--quiet", "--amend", "--allow-empty", "--message", "rewritten");
    commit("second");
    try {
      execFileSync("git", ["push", "origin", ...refs], {
        cwd: clone,
        env: { ...environment, ...setting },
        stdio: "pipe",
      });
      return "";
    } catch (error) {
      const said = String((error as { stderr: Buffer }).stderr).match(/remote: (Refused: .*?)\s*$/m);
      return said?.[1];
    }
  }

  const forced = "Refused: main is protected against force pushes: git pull, then push without --force.";
  const signs = 'names must not hold quotes, brackets or any of $ ; & | ! %, nor begin with "-".';
  const cases: [string, string, ...string[]][] = [
    ["of a new branch", "", "main:new"],
    ["forced, of an unprotected branch", "", "+main:other"],
    ["forced, of main", forced, "+main"],
    ["forced, of a branch that a pattern protects", forced.replace("main", "release/1"), "+main:release/1"],
    ["that deletes an unprotected branch", "", ":other"],
    ["that deletes main", "Refused: main is protected and cannot be deleted.", ":main"],
    ["that is partly refused", forced, "main:new", "+main"],
    ["of a tag", "", "main:refs/tags/v1"],
    [
      "outside branches and tags",
      'Refused: refs/x/y is neither a branch nor a tag nor a note: "git push --all" and "git push --tags" in place of ' +
        '"git push --mirror" leave it out.',
      "main:refs/x/y",
    ],
    ...[
      ["refs/heads/refs/heads/main", "branch refs/heads/main would make main ambiguous for everybody", "main"],
      ["refs/tags/refs/heads/main", "tag refs/heads/main would make main ambiguous for everybody", "main"],
    ].map(([ref, why, target]): [string, string, string] => [
      `of ${ref}`,
      `Refused: ${why}: git push origin HEAD:${target}.`,
      `main:${ref}`,
    ]),
    ...["HEAD", "head", "FETCH_HEAD", "@", "0".repeat(40)].map((name): [string, string, string] => [
      `of a branch named ${name}`,
      `Refused: ${name} is git's own name for something else: choose another name for the branch.`,
      `main:refs/heads/${name}`,
    ]),
    ...[
      ["Other", "Other", "other", "other"],
      ["OTHER/idea", "OTHER", "other", "other"],
      ["Release/2", "Release", "release", "release/1"],
    ].map(([name, mine, theirs, branch]): [string, string, string] => [
      `of a branch ${name} beside ${branch}`,
      `Refused: ${mine} and ${theirs} of branch ${branch} differ by case or accents only, which macOS and Windows ` +
        `cannot tell apart: write ${theirs}.`,
      `main:refs/heads/${name}`,
    ]),
    [
      "of two branches that differ by case",
      "Refused: new and New of branch New differ by case or accents only, which macOS and Windows cannot tell apart: " +
        "write New.",
      "main:refs/heads/New",
      "main:refs/heads/new",
    ],
    ["of a branch beside one in the same folder", "", "main:release/2"],
    ["of a branch that takes the place of one with another case", "", ":other", "main:refs/heads/Other"],
    [
      "of a tag with a branch's name",
      "Refused: there is a branch other, and git push origin other would mean both: name the tag otherwise.",
      "main:refs/tags/other",
    ],
    [
      "of a tag with a branch's name in another case",
      "Refused: there is a branch other, and git push origin other would mean both: name the tag otherwise.",
      "main:refs/tags/Other",
    ],
    ...["origin/main", "remotes/origin/main", "Origin/Main", "heads/main"].map((name): [string, string, string] => [
      `of a branch ${name}`,
      `Refused: branch ${name} would be taken for the branch main of a clone: git push origin HEAD:main.`,
      `main:refs/heads/${name}`,
    ]),
    [
      "of a tag that hides origin's branch",
      "Refused: tag origin/main would be taken for the branch main of a clone: name the tag otherwise.",
      "main:refs/tags/origin/main",
    ],
    ["of a branch that only sounds like that", "", "main:refs/heads/origin/new", "main:refs/heads/list_head"],
    ["of a branch with a command in its name", `Refused: branch ${signs}`, "main:refs/heads/$(id)"],
    ["of a branch with a quote in its name", `Refused: branch ${signs}`, 'main:refs/heads/a"b'],
    ["of a branch like an option", `Refused: branch ${signs}`, "main:refs/heads/x/-y"],
    ["of a tag with a command in its name", `Refused: tag ${signs}`, "main:refs/tags/`id`"],
    ["of a branch with letters of any language", "", "main:refs/heads/größe/#1,@2+3=4"],
    ["of a branch of 200 bytes", "", `main:refs/heads/${"b".repeat(200)}`],
    [
      "of a branch of 201 bytes",
      "Refused: branch names may have 200 bytes at most, and this has 201.",
      `main:refs/heads/${"b".repeat(201)}`,
    ],
  ];

  test.each(cases)("%s", (_, said, ...refs) => {
    expect(push({}, ...refs)).toBe(said);
  });

  /** The hook's answer to a push of COMMIT that was told of no branch, and where main is then. */
  function intoStarter(bare: string, git: ReturnType<typeof repositories>["git"], commit: string) {
    const hook = spawnSync("sh", [join(image, "hooks/pre-receive")], {
      cwd: bare,
      env: { ...environment, GIT_DIR: "." },
      input: `${"0".repeat(40)} ${commit} refs/heads/main\n`,
      encoding: "utf8",
    });
    return [
      hook.status,
      hook.stdout + hook.stderr,
      git(bare, "for-each-ref", "--format=%(refname)", "refs/heads/main"),
    ];
  }

  test("takes the place of an untouched starter project, and of nothing else", () => {
    const { bare, clone, git, commit } = repositories();
    git(bare, "branch", "--delete", "--force", "other", "release/1");
    const starter = git(bare, "rev-parse", "main");
    commit("more");
    const more = git(clone, "rev-parse", "HEAD");
    const other = git(clone, "commit-tree", "-m", "other", `${more}^{tree}`);
    git(clone, "push", "--quiet", "origin", `${more}:refs/tags/more`, `${other}:refs/tags/other`);

    const taken = "Refused: somebody else has just pushed to main: git pull, then push again.\n";
    expect(intoStarter(bare, git, other)).toEqual([1, taken, "refs/heads/main"]);
    writeFileSync(join(bare, "starter"), `${starter}\n`);
    expect(intoStarter(bare, git, other)).toEqual([1, taken, "refs/heads/main"]);

    git(bare, "tag", "--delete", "more", "other");
    expect(intoStarter(bare, git, more)).toEqual([0, "", ""]);
    git(bare, "update-ref", "refs/heads/main", starter);
    const replaced = "This replaces the starter project. In a clone of it: git fetch && git reset --hard origin/main\n";
    expect(intoStarter(bare, git, other)).toEqual([0, replaced, ""]);
  });

  test("forced, or deleting main, where the team allows it", () => {
    expect(push({ GIT_ALLOW_FORCE_PUSH: "on" }, "+main")).toBe("");
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    expect(push({ GIT_ALLOW_DELETION: "on" }, ":main")).toBe("");
  });
});

describe("the changes for the CI", () => {
  interface Posted {
    readonly authorization: string | undefined;
    readonly fields: Record<string, string>;
  }

  let posted: Posted[];
  /** What the hook answers: a status, or nothing at all after it has stored the change. */
  let answer: number | "silence";
  let server: Server;

  beforeEach(async () => {
    posted = [];
    answer = 202;
    server = createServer((request, response) => {
      const address = new URL(request.url ?? "/", "http://ci");
      if (address.pathname === "/api/v2/changes") {
        const found = posted.filter((change) => change.fields.revision === address.searchParams.get("revision"));
        const changes = found.map(({ fields }, changeid) => ({
          changeid,
          properties: { push: [JSON.parse(fields.properties ?? "{}").push, "Change"] },
        }));
        response.end(JSON.stringify({ changes }));
        return;
      }
      let body = "";
      request.on("data", (data) => {
        body += data;
      });
      request.on("end", () => {
        if (answer === 202 || answer === "silence") {
          const fields = Object.fromEntries(new URLSearchParams(body));
          posted.push({ authorization: request.headers.authorization, fields });
        }
        if (answer === "silence") request.socket.destroy();
        else response.writeHead(answer).end();
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  /** Runs Python with the image's modules, a spool in the folder, and settings that name the server. */
  async function python(script: string, port = (server.address() as AddressInfo).port) {
    const settings = {
      hook: `http://127.0.0.1:${port}/change_hook/base`,
      api: `http://127.0.0.1:${port}/api/v2`,
      secret: "s3:cret",
      git: "http://git.localhost:8080",
      internal: "http://team-git:8080",
    };
    const prologue = [
      "import change_hook, changes, spool",
      `queue = spool.Spool("${folder}/spool")`,
      `settings = ${JSON.stringify(settings)}`,
    ];
    const { stdout } = await run("python3", ["-B", "-c", [...prologue, script].join("\n")], {
      cwd: folder,
      env: { ...environment, PYTHONPATH: join(image, "lib") },
    });
    return stdout.trim();
  }

  const add = (...projects: string[]) =>
    python(`for number, project in enumerate(${JSON.stringify(projects)}):
    queue.add({"project": project, "branch": "main", "revision": str(number), "push": f"push-{number}", "author": "A",
               "comments": "c", "files": [], "when": 1, "pusher": "alice"})`);
  const deliver = (port?: number) => python("print(change_hook.deliver(settings, queue, 3))", port);
  const arrived = () => posted.map(({ fields }) => fields.revision);
  const left = () => readdirSync(join(folder, "spool")).filter((name) => name.endsWith(".json")).length;

  test("carry what the push changed, whatever its names hold", async () => {
    const { bare, clone, git } = repositories();
    const old = git(clone, "rev-parse", "HEAD");
    const file = 'a "b" $(id) ä.txt';
    execFileSync("touch", [join(clone, file)]);
    git(clone, "add", ".");
    git(clone, "commit", "--quiet", "--message", 'feat: "quotes" & $(id)\n\nMore = 100 %.');
    git(clone, "push", "--quiet", "origin", "main");
    const revision = git(clone, "rev-parse", "HEAD");

    await python(`changes.announce(queue, "${bare}", [("${old}", "${revision}", "main")], "alice")`);
    expect(await deliver()).toBe("None");

    expect(posted).toHaveLength(1);
    expect(posted[0]?.authorization).toBe(`Basic ${Buffer.from("hook:s3:cret").toString("base64")}`);
    const { files, properties, when_timestamp, ...fields } = posted[0]?.fields ?? {};
    expect(fields).toEqual({
      project: "app",
      repository: "http://team-git:8080/app.git",
      branch: "main",
      revision,
      author: "Alice <alice@example.org>",
      comments: 'feat: "quotes" & $(id)\n\nMore = 100 %.',
      revlink: `http://git.localhost:8080/app/commit/?id=${revision}`,
    });
    expect(JSON.parse(files ?? "")).toEqual([file]);
    expect(JSON.parse(properties ?? "")).toEqual({ pusher: "alice", push: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(Math.abs(Number(when_timestamp) - Date.now() / 1000)).toBeLessThan(60);
    expect(left()).toBe(0);
  });

  test("that a killed hook has not announced are announced at the next start, once", async () => {
    const { clone, git } = repositories();
    const revision = git(clone, "rev-parse", "HEAD");
    await python(`changes.announce_missed(queue, "${folder}"); changes.announce_missed(queue, "${folder}")`);
    await deliver();
    expect(posted.map(({ fields }) => [fields.branch, fields.revision])).toEqual([
      ["main", revision],
      ["other", revision],
      ["release/1", revision],
    ]);
  });

  test("wait while the CI is away, and arrive in order when it is back", async () => {
    await add("app", "blog", "app");
    const nobody = createServer();
    await new Promise<void>((done) => nobody.listen(0, "127.0.0.1", done));
    const { port } = nobody.address() as AddressInfo;
    await new Promise((done) => nobody.close(done));
    expect(await deliver(port)).toBe("no answer (Connection refused)");
    expect(left()).toBe(3);
    expect(await deliver()).toBe("None");
    expect(arrived()).toEqual(["0", "1", "2"]);
    expect(left()).toBe(0);
  });

  test("wait while the CI answers with an error", async () => {
    await add("app", "app");
    answer = 500;
    expect(await deliver()).toBe("it answered 500 Internal Server Error");
    expect(left()).toBe(2);
    answer = 202;
    await deliver();
    expect(arrived()).toEqual(["0", "1"]);
  });

  test("arrive once, also when the answer to the first attempt got lost", async () => {
    await add("app", "app");
    answer = "silence";
    expect(await deliver()).toMatch(/^no answer \(/);
    expect(arrived()).toEqual(["0"]);
    expect(left()).toBe(2);
    answer = 202;
    expect(await deliver()).toBe("None");
    expect(arrived()).toEqual(["0", "1"]);
    expect(left()).toBe(0);
  });

  test("that the CI will never take are set aside, and hold nothing up", async () => {
    await add("app");
    answer = 400;
    expect(await deliver()).toBe("None");
    expect(left()).toBe(0);
    expect(readdirSync(join(folder, "spool/refused"))).toHaveLength(1);
  });
});
