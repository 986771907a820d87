import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { WORKLOADS } from "../../config/catalogue";
import { Ci, SUCCESS, Terminal } from "../support/delivery";
import type { DockerEnvironment } from "../support/docker-environment";
import type { EngineCase } from "../support/engines";
import { run } from "../support/environment";
import { request } from "../support/http";
import { eventually } from "../support/poll";
import { neighbourTests } from "./neighbours";

/** MiB of the volumes that are made beforehand, by name without the team. */
const SIZES = { "alice-database": 256, "alice-home": 64, repositories: 64, ci: 64 };
const BESIDE = "disks";

/** What a full disk, a fork storm and a memory hog of one member leave of everybody else. */
export function limitsSuite({ unavailable, create }: EngineCase<DockerEnvironment>): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: DockerEnvironment;

  const docker = async (...args: string[]) => {
    const { code, output } = await run("docker", args);
    if (code !== 0) throw new Error(`docker ${args.join(" ")}:\n${output}`);
    return output.trim();
  };
  const volumes = () => Object.keys(SIZES).map((name) => `${muster.team}-${name}`);
  /** Runs a line in a container that has all of these volumes below /disks, as root. */
  const beside = (line: string) => docker("exec", "--user", "root", `${muster.team}-${BESIDE}`, "sh", "-c", line);
  const fill = (name: string) =>
    beside(`dd if=/dev/zero of=/disks/${name}/fill bs=64k 2> /dev/null; df /disks/${name}`);
  const empty = (name: string) => beside(`rm -f /disks/${name}/fill`);
  const restart = (name: string) => docker("restart", "-t", "20", `${muster.team}-${name}`);
  const logs = (name: string) => docker("logs", "--tail", "50", `${muster.team}-${name}`);
  const answers = async (host: string, path: string) => (await request(muster.url(host, path))).status;

  beforeAll(async () => {
    muster = await create("limits");
    for (const [name, size] of Object.entries(SIZES)) {
      // Any label of the team's, so that it goes with the rest.
      const options = ["type=tmpfs", "device=tmpfs", `o=size=${size}m,uid=1000,gid=1000,mode=755`];
      const labels = ["--label", `muster.team=${muster.team}`];
      await docker(
        "volume",
        "create",
        ...labels,
        ...options.flatMap((each) => ["--opt", each]),
        `${muster.team}-${name}`,
      );
    }
    muster.configure({ members: [{ id: "alice", name: "Alice", email: "alice@example.org" }, { id: "bob" }] });
    await holdVolumes();
    await muster.succeed("up");
  });
  afterAll(async () => {
    await docker("rm", "--force", `${muster.team}-${BESIDE}`);
    await muster?.dispose();
  });

  /** A memory-backed volume is empty again as soon as no container has it. */
  async function holdVolumes() {
    const image = (await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "muster/base")).split("\n")[0];
    const mounts = Object.keys(SIZES).flatMap((name) => ["--volume", `${muster.team}-${name}:/disks/${name}`]);
    const options = ["--detach", "--name", `${muster.team}-${BESIDE}`, "--entrypoint", "sleep"];
    await docker("run", ...options, ...mounts, image as string, "infinity");
  }

  test("volumes with a size of their own are adopted", async () => {
    expect(await muster.mounts("alice-db")).toEqual([`${muster.team}-alice-database`]);
    const options = await docker("volume", "inspect", "--format", "{{.Options.type}}", ...volumes());
    expect(options.split("\n")).toEqual(["tmpfs", "tmpfs", "tmpfs", "tmpfs"]);
  });

  describe("a full disk", () => {
    const sql = (statement: string) => muster.shell("alice-code", `mariadb -N -e "${statement}"`);
    const usage = async (name: string) => {
      const output = await muster.succeed("status");
      return { table: output, warned: new RegExp(`^Disk \\d+ % full, .*${name}`, "m").test(output) };
    };

    test("of a database lets it be read and rows be deleted, and says so where it cannot start", async () => {
      await sql("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('kept')");
      await fill("alice-database");
      await restart("alice-db");
      await eventually("the database", async () => (await sql("SELECT text FROM notes")).output.trim() === "kept");
      expect((await sql("DELETE FROM notes; SELECT COUNT(*) FROM notes")).output.trim()).toBe("0");

      await docker("stop", "-t", "20", `${muster.team}-alice-db`);
      await beside("dd if=/dev/zero of=/disks/alice-database/more bs=64k 2> /dev/null || true");
      await docker("start", `${muster.team}-alice-db`);
      await eventually("the answer", async () =>
        /1021.*Disk full: the volume of this database/.test((await sql("SELECT 1")).output),
      );
      // The portal asks for it, and visitors cannot.
      expect((await request(muster.url("alice", "/-/report"))).status).toBe(404);
      const { output } = await muster.shell(
        "alice-web",
        `php -r 'readfile("http://127.0.0.1:${WORKLOADS.web.port}/-/report");'`,
      );
      expect(JSON.parse(output).disk.database.free).toBe(0);
      expect(await logs("alice-db")).toContain("muster: disk full: the volume of this database has no room");

      await empty("alice-database");
      await beside("rm /disks/alice-database/more");
      await eventually("the database", async () => (await sql("SELECT COUNT(*) FROM notes")).output.trim() === "0");
    });

    test("of a home leaves the editor, which says so and can make room", async () => {
      await fill("alice-home");
      expect((await usage("alice's home")).warned).toBe(true);
      await restart("alice-code");
      await eventually("the editor", async () => (await answers("code-alice", "/healthz")) === 200);
      await eventually("the notice", async () => {
        const { output } = await muster.shell("alice-code", "cat /tmp/muster/notices/disk");
        return output.includes("the disk of your home is 100 % full");
      });
      expect((await muster.shell("alice-code", "cd /workspace/app && git log -1 --format=%an")).output.trim()).toBe(
        "Muster",
      );
      const { code } = await muster.shell("alice-code", "rm ~/fill && echo room > ~/note");
      expect(code).toBe(0);
      expect((await usage("alice's home")).warned).toBe(false);
    });

    test("of the git server refuses pushes with the reason, lets everybody read, and ends when there is room", async () => {
      const alice = new Terminal(muster, "alice");
      await fill("repositories");
      await restart("git");
      await eventually("the git server", async () => (await answers("git", "/-/health")) === 200);
      await alice.commit("While the disk is full", "date > note.txt");
      await eventually("a fetch", async () => (await alice.run("git fetch 2>&1")).code === 0);
      const { code, output } = await alice.run("git push -o ci.skip 2>&1");
      expect(code).not.toBe(0);
      expect(output).toContain("Disk full: the git server has no room left for a push.");
      await eventually("the portal's warning", async () => {
        const { body } = await request(muster.url(undefined, "/api/reports"));
        return /the team&#39;s repositories[^<]* is 100 % full/.test(body);
      });
      await empty("repositories");
      await alice.succeed("git push -o ci.skip");
    });

    test("of the CI is told to pushers and visitors, and what was pushed is built when there is room", async () => {
      const alice = new Terminal(muster, "alice");
      await fill("ci");
      await eventually("the CI's page", async () => {
        const { status, body } = await request(muster.url("ci"));
        return status === 507 && body.startsWith("Disk full: the volume of the CI has no room left.");
      });
      await alice.succeed("git checkout -q -b full && rm -rf .github");
      const revision = await alice.commit("For later", "date > later.txt");
      expect(await alice.succeed("git push origin HEAD 2>&1")).toMatch(/507 Disk full.*Your push is stored/s);
      await empty("ci");
      const [build] = await eventually("the build", async () => {
        const builds = await new Ci(muster).finished(revision);
        return builds.length > 0 ? builds : undefined;
      });
      expect(build?.results).toBe(SUCCESS);
    });
  });

  describe("a member who runs wild", () => {
    let started: string | undefined;
    beforeAll(async () => {
      started = await muster.started("alice-code");
    });

    neighbourTests(() => muster);

    test("has the editor still, and is told what was ended", async () => {
      const slowly = "import time; x = []\nwhile True: x.append(bytearray(200 << 20)); time.sleep(0.4)";
      expect((await muster.shell("alice-code", `python3 -c '${slowly}'`)).code).toBe(137);
      let told = "";
      await eventually("the notice", async () => {
        told = (await muster.shell("alice-code", "cat /tmp/muster/notices/memory")).output;
        return told.includes("out of memory: python3 was ended");
      }).catch(() => undefined);
      expect(told).toContain("out of memory: python3 was ended");
      expect(await answers("code-alice", "/healthz")).toBe(200);
      expect(started).toBeDefined();
      expect(await muster.started("alice-code")).toBe(started);
    });
  });
}
