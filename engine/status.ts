import { ConfigError } from "../config/schema";
import type { Container } from "./docker";
import { type Project, stackTeam } from "./project";
import { gatewayAddress, notReady, targets } from "./readiness";
import { ENGINE_TITLES } from "./select-engine";
import { openSession, type Session } from "./session";
import { formatTable } from "./table";

/** Prints what of a stack's environment is there, and what answers. */
export async function status(project: Project, requested: string | undefined): Promise<void> {
  const session = await openSession(project, requested);
  const { team, running, own, options } = session;
  if (running === undefined) {
    console.log(`Nothing of team ${team} is up: npm run up${options}`);
    return;
  }
  console.log(`Team ${team}, brought up by ${ENGINE_TITLES[running]}\n`);
  console.log(containerTable(own));
  const answers = await answerTable(session);
  if (answers) console.log(`\n${answers}`);
}

/** The team's own containers first, then member by member. */
export function containerTable(containers: readonly Container[]): string {
  const key = ({ labels, name }: Container) => `${labels["muster.member"] ?? ""} ${name}`;
  const sorted = [...containers].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return formatTable([
    ["MEMBER", "COMPONENT", "STATE", "CONTAINER"],
    ...sorted.map(({ labels, status, name }) => [
      labels["muster.member"] ?? "(team)",
      labels["muster.component"] ?? "",
      status,
      name,
    ]),
  ]);
}

async function answerTable({ stack, host }: Session): Promise<string | undefined> {
  try {
    const team = stackTeam(stack);
    const all = targets(team);
    const silent = new Set(await notReady(all, gatewayAddress(team, host), team.port));
    return formatTable([
      ["SERVICE", "ANSWERS", "URL"],
      ...all.map((target) => [target.title, silent.has(target) ? "no" : "yes", new URL(target.url).origin]),
    ]);
  } catch (error) {
    // What runs can be told without the roster.
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
