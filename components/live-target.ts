import type * as pulumi from "@pulumi/pulumi";
import { LIVE } from "../config/catalogue";
import type { Mount, Scope } from "../platform/platform";

/** The live site of a repository: what its deployer may touch. */
export interface LiveTarget {
  readonly repository: string;
  /** Whether repositories without a target of their own are put live here, too. */
  readonly others: boolean;
  /** The live site's scope, which the deployer joins. */
  readonly scope: Scope;
  /** Releases, and what the sites write. */
  readonly mounts: readonly Mount[];
  /** The database for migrations, with the account that makes those of repositories, and where sites are asked. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
}

/** The name by which the master knows a deployer: `deployer`, or `deployer-shop` in the scope `live--shop`. */
export const deployerName = ({ scope }: LiveTarget): string =>
  `deployer${(scope.member ?? LIVE).slice(LIVE.length).replace("--", "-")}`;

/** `DEPLOYER_SHOP_PASSWORD` of `deployer-shop`. */
export const passwordOf = (worker: string): string => `${worker.toUpperCase().replaceAll("-", "_")}_PASSWORD`;

/** Which deployer puts live which repository, and which of them all those that have none; null when they do not go live. */
export const liveSettings = (live: readonly LiveTarget[]) => {
  const others = live.find((target) => target.others);
  return {
    repositories: Object.fromEntries(live.map((target) => [target.repository, deployerName(target)])),
    others: others ? deployerName(others) : null,
  };
};
