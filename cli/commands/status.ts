import { ConfigError } from "../../config/problems";
import { findStack, type Project, stackTeam } from "../project";
import { formatTable } from "../table";
import { ENGINE_TITLES } from "../targets/engines";
import { notReady, services } from "../targets/readiness";
import type { Instance } from "../targets/target";
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
  console.log(instanceTable(await target.instances(), target.instanceTitle));
  const answers = await answerTable(session);
  if (answers) console.log(`\n${answers}`);
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
    const silent = await target.withGateway(team, async (find) => new Set(await notReady(all, await find())));
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
