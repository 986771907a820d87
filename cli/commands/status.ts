import { ConfigError } from "../../config/problems";
import { findStack, type Project, stackTeam } from "../project";
import { formatTable } from "../table";
import { accessCookie } from "../targets/access";
import { expiry } from "../targets/certificates";
import { ENGINE_TITLES } from "../targets/engines";
import { notReady, services } from "../targets/readiness";
import type { Instance } from "../targets/target";
import { diskUsage, diskWarnings, usageTable } from "./disk";
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
  const [answers, usage] = await Promise.all([answerTable(session), diskUsage(target, instances)]);
  if (answers) console.log(`\n${answers}`);
  if (usage.length > 0) console.log(`\n${usageTable(usage)}`);
  for (const line of diskWarnings(usage)) console.log(`\n${line}`);
  const { sites, silent } = await liveSites(session.target);
  if (sites.length > 0) console.log(`\n${siteTable(sites)}`);
  for (const name of silent) console.log(`\n${name} does not tell what is live: a release may be under way.`);
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

/** Asks the deployers, which know what is live; `silent` are those that do not answer. */
async function liveSites(target: Session["target"]): Promise<{ sites: LiveSite[]; silent: string[] }> {
  const deployers = (await target.instances()).filter(({ component, running }) => component === "deployer" && running);
  const answers = await Promise.all(
    deployers.map(async (deployer) => ({
      deployer,
      answer: await target.exec(deployer, ["muster-deploy", "sites"], "{}"),
    })),
  );
  return {
    sites: answers.flatMap(({ answer: { code, stdout } }): LiveSite[] => (code === 0 ? JSON.parse(stdout).sites : [])),
    silent: answers.filter(({ answer }) => answer.code !== 0).map(({ deployer }) => deployer.name),
  };
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
    const [silent, ends] = await target.withGateway(team, async (find) => [
      new Set(await notReady(all, await find(), cookie)),
      await expiry(team, find),
    ]);
    const table = formatTable([
      ["SERVICE", "ANSWERS", "URL"],
      ...all.map((service) => [service.title, silent.has(service) ? "no" : "yes", new URL(service.url).origin]),
    ]);
    return ends === undefined ? table : `${table}\n\n${ends}`;
  } catch (error) {
    // The roster is not needed to show what runs.
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
