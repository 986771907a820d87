import type { ImageName } from "../platform/platform";
import { LIVE, type Owner, type Resources, type Team } from "./members";

/** A container that a team's environment has, as far as the commands need to know it. */
export interface Workload {
  /** `muster.member`; undefined for the team's own. */
  readonly member: string | undefined;
  /** `muster.component` */
  readonly component: string;
  readonly image: ImageName;
  /** Limits that the config sets; the others are fixed and small. */
  readonly resources?: Resources;
  /** Where the config sets them, for messages. */
  readonly setting?: string;
}

/** Every container of a team's environment. A test compares it with what the program registers. */
export function workloads(team: Team): Workload[] {
  const workers = Array.from({ length: team.ci.workers }, (_, index) => `worker-${index + 1}`);
  const own = (component: string, image: ImageName): Workload => ({ member: undefined, component, image });
  return [
    own("gateway", "gateway"),
    own("portal", "portal"),
    own("git", "git-server"),
    own("ci", "ci-master"),
    ...workers.map((component) => ({
      ...own(component, "ci-worker"),
      resources: team.ci.limits,
      setting: "ci/limits",
    })),
    ...stack(team.live, "live"),
    { member: LIVE, component: "deployer", image: "ci-worker" },
    ...team.members.flatMap((member) => [
      ...stack(member, `members/${member.id}`),
      limited(member, "code", "code-server", `members/${member.id}`),
    ]),
  ];
}

const stack = (owner: Owner, setting: string): Workload[] => [
  limited(owner, "web", "apache-php", setting),
  limited(owner, "db", "mariadb", setting),
  ...(owner.cache === "redis" ? [limited(owner, "cache", "redis", setting)] : []),
];

const limited = (owner: Owner, component: keyof Owner["limits"], image: ImageName, setting: string): Workload => ({
  member: owner.id,
  component,
  image,
  resources: owner.limits[component],
  setting: `${setting}/limits/${component}`,
});

/** `<team>-<member>-<component>` */
export const workloadName = (team: string, { member, component }: Pick<Workload, "member" | "component">): string =>
  [team, member, component].filter(Boolean).join("-");
