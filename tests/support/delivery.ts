import { WORKLOADS } from "../../config/catalogue";
import type { CommandResult, TestEnvironment } from "./environment";
import { type Answer, request } from "./http";
import { eventually } from "./poll";

/** Buildbot's numbers for how a build ended. */
export const SUCCESS = 0;
export const FAILURE = 2;
export const RETRY = 5;

export interface Push extends CommandResult {
  readonly revision: string;
  readonly seconds: number;
}

export interface Build {
  readonly buildid: number;
  readonly complete: boolean;
  readonly results: number | null;
}

export interface LiveSite {
  readonly revision: string;
  readonly page: string;
}

/** An entry of a repository's list of releases. */
export interface Release {
  readonly action: "deploy" | "rollback";
  readonly release: string;
  readonly revision: string;
  readonly by: string;
}

/** A member's terminal, in a clone of a repository. */
export class Terminal {
  constructor(
    private readonly muster: TestEnvironment,
    readonly member: string,
    readonly folder = "/workspace/app",
  ) {}

  /** Runs a script in the clone. */
  async run(script: string): Promise<CommandResult> {
    return await this.muster.shell(`${this.member}-code`, `cd ${this.folder}\n${script}`);
  }

  /** As `run`, but its first failing command ends the test. */
  async succeed(script: string): Promise<string> {
    const { code, output } = await this.run(`set -e\n${script}`);
    if (code !== 0) throw new Error(`${this.member}: ${script}\nended with ${code}:\n${output}`);
    return output.trim();
  }

  /** Makes a commit of what a script changes; returns its revision. */
  async commit(message: string, script: string): Promise<string> {
    return await this.succeed(
      `${script}\ngit add --all && git commit --quiet --message='${message}' && git rev-parse HEAD`,
    );
  }

  /** `git push -o ci.wait`, with more arguments where they are given. */
  async push(args = ""): Promise<Push> {
    const revision = await this.succeed("git rev-parse HEAD");
    const begin = Date.now();
    const result = await this.run(`git push -o ci.wait ${args} 2>&1`);
    return { ...result, revision, seconds: (Date.now() - begin) / 1000 };
  }
}

/** What the public sees of a repository, without the number of visits, which grows with every request. */
export async function liveSite(muster: TestEnvironment, repository = "app"): Promise<LiveSite> {
  const host = repository === "app" ? "live" : `${repository}--live`;
  const [revision, page] = await Promise.all([shown(muster, repository, "revision"), request(muster.url(host))]);
  if (page.status !== 200) throw new Error(`${host}: ${page.status}`);
  return { revision, page: page.body.replace(/[\d,]+ visits?/, "visits") };
}

/** What the live server says of what it shows: to deployer and portal, and not to the world. */
async function shown(muster: TestEnvironment, repository: string, what: "revision" | "releases"): Promise<string> {
  const url = `http://127.0.0.1:${WORKLOADS.web.port}/-/live/${repository}/${what}`;
  const { code, output } = await muster.shell("live-web", `php -r 'readfile($argv[1]) !== false || exit(1);' '${url}'`);
  if (code !== 0) throw new Error(`${what} of ${repository}: ${output}`);
  return output.trim();
}

export async function releases(muster: TestEnvironment, repository = "app"): Promise<Release[]> {
  return (await shown(muster, repository, "releases"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

/** The CI's web pages and REST API, by the published port. */
export class Ci {
  constructor(private readonly muster: TestEnvironment) {}

  // biome-ignore lint/suspicious/noExplicitAny: each path has an answer of its own.
  async get(path: string): Promise<any> {
    const { status, body } = await request(this.muster.url("ci", `/api/v2${path}`));
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
    return JSON.parse(body);
  }

  /** The cookie of a member who has logged in; undefined when the CI refuses them. */
  async login(name: string, password: string): Promise<string | undefined> {
    const answer = await request(this.muster.url("ci", "/auth/login"), {
      headers: { authorization: basic(name, password) },
    });
    // The first cookie is the anonymous visitor's.
    return answer.status === 302 ? answer.headers["set-cookie"]?.at(-1)?.split(";")[0] : undefined;
  }

  /** Sends one of the forms; anonymous without a cookie. */
  async force(form: "build" | "rollback", params: Record<string, string>, cookie?: string): Promise<Answer> {
    return await this.control(`/forceschedulers/${form}`, "force", params, cookie);
  }

  /** Has something done to what a path of the API names; anonymous without a cookie. */
  async control(path: string, method: string, params: Record<string, string>, cookie?: string): Promise<Answer> {
    return await request(this.muster.url("ci", `/api/v2${path}`), {
      method: "POST",
      headers: { "content-type": "application/json", ...(cookie && { cookie }) },
      body: JSON.stringify({ jsonrpc: "2.0", method, id: 1, params }),
    });
  }

  /** Posts a push to the change hook, as the git server does. */
  async hook(change: Record<string, string>, password?: string): Promise<Answer> {
    return await request(this.muster.url("ci", "/change_hook/base"), {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        ...(password !== undefined && { authorization: basic("hook", password) }),
      },
      body: new URLSearchParams(change).toString(),
    });
  }

  /** Numbers of changes and of build requests, to prove that nothing was added. */
  async counts(): Promise<{ changes: number; requests: number }> {
    const count = async (path: string, key: string, id: string) =>
      (await this.get(`${path}?order=-${id}&limit=1`))[key][0]?.[id] ?? 0;
    return {
      changes: await count("/changes", "changes", "changeid"),
      requests: await count("/buildrequests", "buildrequests", "buildrequestid"),
    };
  }

  /** The tests of a revision that was pushed, in the order in which they began. */
  async builds(revision: string, repository = "app"): Promise<Build[]> {
    const { changes } = await this.get(`/changes?revision=${revision}`);
    const found = await Promise.all(
      // biome-ignore lint/suspicious/noExplicitAny: see get.
      changes.map(({ changeid }: any) => this.get(`/changes/${changeid}/builds?property=virtual_builder_name`)),
    );
    return (
      found
        .flatMap(({ builds }) => builds)
        // The releases that follow a build belong to the change as well.
        .filter(({ properties }) => properties.virtual_builder_name[0] === repository)
        .sort((a, b) => a.buildid - b.buildid)
    );
  }

  /** Waits until a revision's last test has ended; returns all its tests. */
  async finished(revision: string, repository = "app", seconds = 60): Promise<Build[]> {
    const look = async () => {
      const builds = await this.builds(revision, repository);
      const last = builds.at(-1);
      return last?.complete && last.results !== RETRY && builds;
    };
    return await eventually(`the end of ${revision}'s build`, look, seconds);
  }

  /** Waits until a revision's step is running; returns the build. */
  async running(revision: string, step: string, after = 0): Promise<Build> {
    return await eventually(`${step} of ${revision} being at work`, async () => {
      const build = (await this.builds(revision)).find(({ buildid }) => buildid > after);
      const { steps } = build ? await this.get(`/builds/${build.buildid}/steps`) : { steps: [] };
      // biome-ignore lint/suspicious/noExplicitAny: see get.
      return steps.some(({ name, started_at, complete }: any) => name === step && started_at && !complete) && build;
    });
  }

  /** A step's whole log. */
  async log(build: Build, step: string): Promise<string> {
    const { steps } = await this.get(`/builds/${build.buildid}/steps`);
    // biome-ignore lint/suspicious/noExplicitAny: see get.
    const { stepid } = steps.find(({ name }: any) => name === step);
    const { logs } = await this.get(`/steps/${stepid}/logs`);
    return (await request(this.muster.url("ci", `/api/v2/logs/${logs[0].logid}/raw_inline`))).body;
  }
}
