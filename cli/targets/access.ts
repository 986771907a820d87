import type { Team } from "../../config/members";
import type { Session } from "../commands/session";
import { UserError } from "../errors";
import { type Instance, runningInstance, type Target } from "./target";

/**
 * Asks the access service: images/access/operate.mjs.
 *
 * @throws UserError when it is not there, or says no
 */
export async function askAccess<T>(session: Session, team: Team, action: string, order: object): Promise<T> {
  if (team.visibility === undefined) {
    throw new UserError(
      "Nobody signs in to this environment: everything is public. muster:visibility in the stack file says who sees what.",
    );
  }
  const instance = await accessInstance(session.target);
  if (instance === undefined) throw new UserError(`The sign-in is not running: npm run up${session.options}`);
  const { code, stdout, stderr } = await ask(session.target, instance, action, order);
  if (code !== 0) throw new UserError(stderr.trim().replace(/^muster: /, "") || `it ended with status ${code}`);
  return JSON.parse(stdout) as T;
}

/**
 * The cookie with which a command asks services where members sign in; undefined where none is needed, or where the
 * service does not answer yet.
 *
 * @param member whose session it is; without one, every service answers
 */
export async function accessCookie(
  target: Target,
  { visibility }: Pick<Team, "visibility">,
  member?: string,
): Promise<string | undefined> {
  const instance = visibility && (await accessInstance(target));
  if (instance === undefined) return undefined;
  const { code, stdout } = await ask(target, instance, "session", { member });
  return code === 0 ? (JSON.parse(stdout) as { cookie: string }).cookie : undefined;
}

const accessInstance = async (target: Target): Promise<Instance | undefined> =>
  runningInstance(await target.instances(), undefined, "access");

const ask = (target: Target, instance: Instance, action: string, order: object) =>
  target.exec(instance, ["node", "/opt/muster/ask.mjs", action], JSON.stringify(order));
