import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Ci, liveSite, SUCCESS, Terminal } from "../support/delivery";
import type { EngineCase } from "../support/engines";
import type { TestEnvironment } from "../support/environment";
import { eventually } from "../support/poll";
import { TRICKS } from "./tricks";

/** Of every file below the current folder, but for what only a release has. */
const DIGESTS = `find . -type f ! -path './vendor/*' ! -name REVISION ! -name '.muster-*' ! -path './.git/*' \
  -exec sha256sum {} + | LC_ALL=C sort -k 2`;

/** Plays each trick on a branch, and compares the next release of main with its commit, byte by byte. */
export function trustSuite({ engine, unavailable, create }: EngineCase): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: TestEnvironment;
  let ci: Ci;
  let alice: Terminal;
  /** What an honest build makes of the starter's front end. */
  let dist: string;

  const branch = async (name: string, script: string) => {
    await alice.succeed(`git checkout --quiet --force -B ${name} main
find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +
echo '{"scripts":{"test":"sh trick.sh"}}' > package.json
cat > trick.sh <<'TRICK'
${script}
TRICK`);
    const { output, revision } = await pushed(name);
    await alice.succeed("git checkout --quiet --force main");
    return { output, builds: await ci.finished(revision) };
  };
  const pushed = async (name: string) => {
    await alice.commit(name, "true");
    return await alice.push(`--force origin HEAD:${name}`);
  };
  const released = async () => {
    const { code, output } = await muster.shell("live-web", `cd /srv/live/app/current/ && ${DIGESTS}`);
    if (code !== 0) throw new Error(output);
    const lines = output.trim().split("\n");
    const built = lines.filter((line) => / \.\/dist\//.test(line));
    return { built: built.join("\n"), committed: lines.filter((line) => !built.includes(line)).join("\n") };
  };

  beforeAll(async () => {
    muster = await create("trust");
    muster.configure({ members: [{ id: "alice", name: "Alice", email: "alice@example.org" }] });
    await muster.succeed("up");
    ci = new Ci(muster);
    alice = new Terminal(muster, "alice");
    await eventually("the first release", () => liveSite(muster));
    dist = (await released()).built;
    expect(dist).not.toBe("");
  });
  afterAll(() => muster?.dispose());

  describe("nothing of a branch's build reaches a later one", () => {
    test.each(TRICKS)("%s", async (name, script) => {
      const played = await branch("trick", script);
      // At most the build itself fails: nothing is repeated, and nothing waits.
      expect(played.builds).toHaveLength(1);

      const probe = await branch(
        "probe",
        `find / -xdev -name '*muster-trick*' 2> /dev/null
find /var/lib/worker /dev/shm -name '*muster-trick*'
grep -rls --exclude-dir=work muster-trick /var/lib/worker /tmp /dev/shm
git -C /var/lib/worker/mirrors/app.git replace -l | sed 's|^|/replaced |'
ls /proc | grep -c '^[0-9]' | sed 's/^/processes: /'`,
      );
      const [looked] = probe.builds;
      expect(looked?.results).toBe(SUCCESS);
      const log = await ci.log(looked as NonNullable<typeof looked>, "npm run test");
      expect(log).toMatch(/^processes: [1-9]$|^processes: 1\d$/m);
      expect(log.split("\n").filter((line) => line.startsWith("/"))).toEqual([]);

      const stamp = `main after ${name.replaceAll("'", "")}`;
      await alice.commit(stamp, `echo '${stamp}' > stamp.txt`);
      const main = await alice.push("origin main");
      expect(main.output).toContain("(live: ");
      const commit =
        await alice.succeed(`rm -rf /tmp/commit && mkdir /tmp/commit && git archive HEAD | tar -x -C /tmp/commit
cd /tmp/commit && ${DIGESTS}`);
      expect(await released()).toEqual({ built: dist, committed: commit });
    });
  });

  test("a form that asks for main with a commit of a branch puts nothing live", async () => {
    const { output } = await branch("unmerged", "true");
    expect(output).toContain("passed");
    const revision = await alice.succeed("git rev-parse origin/unmerged");
    const before = await released();
    const passwords = JSON.parse((await muster.succeed("credentials", "--json")).replace(/^[^{]*/, ""));
    const cookie = await ci.login("alice", passwords.alice.git);
    const form = { project: "app", branch: "main", revision };
    expect((await ci.force("build", form, cookie)).status).toBe(200);
    const { builds } = await ci.get("/builds?order=-buildid&limit=1");
    expect(builds[0].state_string).not.toContain("live");
    expect(await released()).toEqual(before);
  });

  test(`only the deploy branch runs where ${engine} builds what goes live`, async () => {
    const { builders } = await ci.get("/builders?name=release");
    const { builds } = await ci.get(`/builders/${builders[0].builderid}/builds?property=branch`);
    for (const { properties } of builds) expect(properties.branch[0]).toBe("main");
  });
}
