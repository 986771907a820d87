import { LIVE } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { UserError } from "../errors";
import { runningInstance } from "../targets/target";
import type { Session } from "./session";

/**
 * The live server's volumes and database are those of the roster's first repository: another one would find them, and
 * could read all that the former one's site has written.
 *
 * @throws UserError when another repository is first now, and something of the former one is live
 */
export async function checkFirst(
  { target, options }: Pick<Session, "target" | "options">,
  { repositories }: Pick<Team, "repositories">,
): Promise<void> {
  const deployer = runningInstance(await target.instances(), LIVE, "deployer");
  if (deployer === undefined) return;
  const script = '[ ! -L "/srv/live/$REPOSITORY/current" ] || printf %s "$REPOSITORY"';
  const { stdout: former } = await target.exec(deployer, ["sh", "-c", script], "");
  const [first] = repositories;
  if (former === "" || former === first) return;
  throw new UserError(
    `muster:repositories begins with ${first}, but the live server holds the site of ${former}, with its database and ` +
      `files: begin with ${former} again, and name ${first} after it. To start without any data: ` +
      `npm run down --${options.replace(/^ --/, "")} --volumes`,
  );
}
