import { expect } from "@jest/globals";
import { type Build, Ci, liveSite, Terminal } from "./delivery";
import type { TestEnvironment } from "./environment";
import { eventually } from "./poll";

/** What runs as a branch's test, by its name. */
export type Trick = readonly [name: string, script: string];

/** Of every file below the current folder, but for what only a release has. */
const DIGESTS = `find . -type f ! -path './vendor/*' ! -name REVISION ! -name '.muster-*' ! -path './.git/*' \
  -exec sha256sum {} + | LC_ALL=C sort -k 2`;

/** Most of a worker's files, which its image brings. What would be left there is there to the end. */
const OF_IMAGE = ["/usr", "/opt"];

/** Prints a line that begins with "/" for each thing that an earlier build left, and how many processes there are. */
const PROBE = `find / -xdev ${OF_IMAGE.map((path) => `-path ${path} -prune -o`).join(" ")} -name '*muster-trick*' -print 2> /dev/null
find /var/lib/worker /dev/shm -name '*muster-trick*'
grep -rls --exclude-dir=work muster-trick /var/lib/worker /tmp /dev/shm
git -C /var/lib/worker/mirrors/app.git replace -l | sed 's|^|/replaced |'
ls /proc | grep -c '^[0-9]' | sed 's/^/processes: /'
echo "sources: $(git rev-parse HEAD^) $(sha256sum < README.md)"`;

/** Behind tricks: does nothing but look for what was left where no other build looks. */
const LAST: Trick = ["nothing", `find ${OF_IMAGE.join(" ")} -xdev -name '*muster-trick*' 2> /dev/null`];

/** What of one trick is to be told; nothing if it did no harm. */
export type Harm = readonly string[];

/** Plays tricks on branches, whose builds run one behind the other on one worker, and looks for what they left. */
export class Trials {
  /** What an honest build makes of the starter's front end. */
  #dist = "";
  readonly #ci: Ci;
  readonly #alice: Terminal;

  /** @param muster a team with one test worker, and with a member alice, whose clone is on main */
  constructor(private readonly muster: TestEnvironment) {
    this.#ci = new Ci(muster);
    this.#alice = new Terminal(muster, "alice");
  }

  /** Waits for the first release, with which later ones are compared. */
  async begin(): Promise<void> {
    await eventually("the first release", () => liveSite(this.muster));
    this.#dist = (await this.released()).built;
    expect(this.#dist).not.toBe("");
  }

  /**
   * By name, what each trick did. Each build looks for what the one before it left, and the last one for what the last
   * trick left; afterwards main's next release is compared with its commit.
   */
  async play(tricks: readonly Trick[]): Promise<Map<string, Harm>> {
    const revisions = await this.push([...tricks, LAST]);
    const builds = await this.#builds(revisions);
    const sources = await this.#sources();
    const found = await Promise.all(
      tricks.map(async ([name], index) => {
        const [own = [], [next] = []] = builds.slice(index, index + 2);
        return [name, [...fate(own), ...(await this.#left(own, next, sources))]] as const;
      }),
    );
    return new Map(found);
  }

  /**
   * As `play`, and what differs from the commit in main's next release. Only then they are played one by one; if no
   * single one does it, all of them are blamed.
   */
  async playAndRelease(tricks: readonly Trick[]): Promise<Map<string, Harm>> {
    const found = await this.play(tricks);
    const together = await this.release(`${tricks.length} tricks`);
    if (together.length === 0) return found;
    for (const trick of tricks) {
      const [[name, left] = ["", []]] = await this.play([trick]);
      found.set(name, [...left, ...(await this.release(name))]);
    }
    const explained = [...found.values()].some((harm) => harm.length > 0);
    return explained ? found : new Map(tricks.map(([name]) => [name, together]));
  }

  /** Pushes to main; returns what of the release is not as the commit says. */
  async release(after: string): Promise<Harm> {
    const stamp = `main after ${after.replaceAll("'", "")}`;
    await this.#alice.commit(stamp, `date +%N > stamp.txt; echo '${stamp}' >> stamp.txt`);
    const { output } = await this.#alice.push("origin main");
    if (!output.includes("(live: ")) return [`main did not go live: ${output}`];
    const commit =
      await this.#alice.succeed(`rm -rf /tmp/commit && mkdir /tmp/commit && git archive HEAD | tar -x -C /tmp/commit
cd /tmp/commit && ${DIGESTS}`);
    const { built, committed } = await this.released();
    const wanted = `${this.#dist}\n${commit}`.split("\n");
    const seen = `${built}\n${committed}`.split("\n");
    return [
      ...seen.filter((line) => !wanted.includes(line)).map((line) => `live has ${line}`),
      ...wanted.filter((line) => !seen.includes(line)).map((line) => `live lacks ${line}`),
    ];
  }

  /** Digests of what is live: of what the build made, and of the rest. */
  async released(): Promise<{ built: string; committed: string }> {
    const { code, output } = await this.muster.shell("live-web", `cd /srv/live/app/current/ && ${DIGESTS}`);
    if (code !== 0) throw new Error(output);
    const lines = output.trim().split("\n");
    const built = lines.filter((line) => / \.\/dist\//.test(line));
    return { built: built.join("\n"), committed: lines.filter((line) => !built.includes(line)).join("\n") };
  }

  /** Makes a branch of each and pushes all of them at once; returns the revisions. */
  async push(tricks: readonly Trick[]): Promise<string[]> {
    const names = tricks.map((_, index) => `trick-${String(index).padStart(2, "0")}`);
    const branches = tricks.map(
      ([name, script], index) => `git checkout --quiet --force -B ${names[index]} main
find . -mindepth 1 -maxdepth 1 ! -name .git ! -name README.md -exec rm -rf {} +
echo '{"scripts":{"test":"sh probe.sh; sh trick.sh"}}' > package.json
cat > probe.sh <<'PROBE'
${PROBE}
PROBE
cat > trick.sh <<'TRICK'
${script}
TRICK
git add --all
git commit --quiet --message="$(date +%N) ${name.replaceAll("'", "")}"
git rev-parse HEAD`,
    );
    const output = await this.#alice.succeed(`${branches.join("\n")}
git push --quiet --force origin ${names.join(" ")} 2> /tmp/push || { cat /tmp/push; exit 1; }
git checkout --quiet --force main`);
    return output.split("\n");
  }

  /** The builds of each revision; once one does not end, no other is waited for. */
  async #builds(revisions: readonly string[]): Promise<Build[][]> {
    const builds: Build[][] = [];
    let patience = PATIENCE;
    for (const revision of revisions) {
      try {
        builds.push(await this.#ci.finished(revision, "app", patience));
      } catch {
        patience = 0;
        builds.push(await this.#ci.builds(revision));
      }
    }
    return builds;
  }

  /** What a probe's last line says of honest sources. */
  async #sources(): Promise<string> {
    return await this.#alice.succeed('echo "sources: $(git rev-parse main) $(git show main:README.md | sha256sum)"');
  }

  /** What the next build found that was not its own. */
  async #left(own: readonly Build[], next: Build | undefined, sources: string): Promise<string[]> {
    const log = next && (await this.#ci.log(next, "npm run test").catch(() => undefined));
    if (log === undefined) return ["the next build did not come to its tests"];
    // Otherwise it looked for what another one left.
    if (next && next.buildid < (own.at(-1)?.buildid ?? 0)) return ["the next build began before it"];
    const lines = log.split("\n");
    const processes = Number(/^processes: (\d+)$/m.exec(log)?.[1] ?? Number.POSITIVE_INFINITY);
    return [
      ...lines.filter((line) => line.startsWith("/")),
      ...(processes < MOST_PROCESSES ? [] : [`${processes} processes run beside the next build`]),
      ...(lines.includes(sources) ? [] : [`the next build has not the ${sources}`]),
    ];
  }
}

/** At most the build itself fails: nothing is repeated, and nothing waits. */
function fate(builds: readonly Build[]): string[] {
  if (builds.length === 0) return ["it was not built"];
  if (builds.length > 1) return [`it was built ${builds.length} times`];
  return builds[0]?.complete ? [] : ["its build does not end"];
}

/** Seconds for one build: a worker that a trick ends is not back at once. */
const PATIENCE = 180;

/** An honest build has about ten. */
const MOST_PROCESSES = 20;
