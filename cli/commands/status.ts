import { LIVE } from "../../config/catalogue";
import { ConfigError } from "../../config/problems";
import { findStack, type Project, stackTeam } from "../project";
import { formatTable } from "../table";
import { accessCookie } from "../targets/access";
import { ENGINE_TITLES } from "../targets/engines";
import { notReady, services } from "../targets/readiness";
import { type Instance, runningInstance } from "../targets/target";
import { openSession, type Session } from "./session";

/** Prints what of a stack's environment is there, and what answers. */
export async function status(project: Project, requested: string | undefined): Promise<void> {
  const session = await openSession(findStack(project, requested));
  const { team, target, options } = session;
  if (target.running === undefined) {
    console.log(`Nothing of team ${team} is up: npm run up${options}`);
    return;
  }
  console.log(`Team ${team}, brought up by ${ENGINE_TITLES[target.running]}\n`);
  const instances = await target.instances();
  console.log(instanceTable(instances, target.instanceTitle));
  for (const instance of instances.filter(isLooping)) {
    console.log(`\n${loopLine(instance, await target.logs(instance, LOG_LINES))}`);
  }
  for (const line of await target.shortcomings()) console.log(`\n${line}`);
  const answers = await answerTable(session);
  if (answers) console.log(`\n${answers}`);
  const sites = await liveSites(session.target);
  if (sites === undefined) console.log("\nThe deployer does not tell what is live: a release may be under way.");
  else if (sites.length > 0) console.log(`\n${siteTable(sites)}`);
}

/** Of an instance that ends again and again, so many are read. */
const LOG_LINES = 20;
const LONGEST_LINE = 300;

/** Whether an instance is between two starts, in Docker's or Kubernetes' words. */
export const isLooping = ({ status }: Instance): boolean => /^(Restarting|CrashLoopBackOff|Error)\b/.test(status);

/** Names the cause as far as the last line of its log does. */
export function loopLine({ name }: Pick<Instance, "name">, log: readonly string[]): string {
  const last = log.findLast((line) => line.trim() !== "")?.trim() ?? "its log is empty";
  return `${name} ends again and again, and is started again: ${last.slice(0, LONGEST_LINE)}`;
}

/** What is live of a repository. */
export interface LiveSite {
  readonly repository: string;
  readonly release: string;
  /** Of its first page, such as `/ answers 404: no index file`. */
  readonly answer: string;
  readonly works: boolean;
  /** Bytes of what it writes and keeps, by path. */
  readonly writable: Readonly<Record<string, number>>;
}

/** Asks the deployer, which knows what is live. None where it is not running, undefined where it does not answer. */
async function liveSites(target: Session["target"]): Promise<LiveSite[] | undefined> {
  const deployer = runningInstance(await target.instances(), LIVE, "deployer");
  if (deployer === undefined) return [];
  const { code, stdout } = await target.exec(deployer, ["muster-deploy", "sites"], "{}");
  return code === 0 ? JSON.parse(stdout).sites : undefined;
}

export function siteTable(sites: readonly LiveSite[]): string {
  const kept = ({ writable }: LiveSite) =>
    Object.entries(writable).map(([path, bytes]) => `${path} ${(bytes / 1e6).toFixed(1)} MB`);
  return formatTable([
    ["LIVE SITE", "RELEASE", "WORKS", "WRITES AND KEEPS"],
    ...sites.map((site) => [
      site.repository,
      site.release,
      site.works ? "yes" : `no: ${site.answer}`,
      kept(site).join(", "),
    ]),
  ]);
}

/** The team's own first, then member by member. */
export function instanceTable(instances: readonly Instance[], title: string): string {
  const key = ({ member, name }: Instance) => `${member ?? ""} ${name}`;
  const sorted = [...instances].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return formatTable([
    ["MEMBER", "COMPONENT", "STATE", title],
    ...sorted.map(({ member, component, status, name }) => [member ?? "(team)", component, status, name]),
  ]);
}

async function answerTable({ stack, target }: Session): Promise<string | undefined> {
  try {
    const team = stackTeam(stack);
    const all = services(team);
    const cookie = await accessCookie(target, team);
    const silent = await target.withGateway(team, async (find) => new Set(await notReady(all, await find(), cookie)));
    return formatTable([
      ["SERVICE", "ANSWERS", "URL"],
      ...all.map((service) => [service.title, silent.has(service) ? "no" : "yes", new URL(service.url).origin]),
    ]);
  } catch (error) {
    // The roster is not needed to show what runs.
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
