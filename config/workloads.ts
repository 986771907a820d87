import {
  type Component,
  type ImageName,
  isLive,
  LIVE,
  type LimitedWorkload,
  type Place,
  type Resources,
  SHARED_VOLUMES,
  WORKLOADS,
  type WorkloadKind,
  workloadsIn,
} from "./catalogue";
import type { Owner, Team } from "./members";
import { liveScope } from "./naming";

/** A container that a team's environment has. */
export interface Workload {
  /** `muster.member`; undefined for the team's own. */
  readonly member: string | undefined;
  /** `muster.component` */
  readonly component: Component;
  readonly image: ImageName;
  readonly resources: Resources;
  /** Where the config sets `resources`, for messages; undefined where they are fixed. */
  readonly setting: string | undefined;
}

/** Every container of a team's environment. A test compares it with what the program registers. */
export const workloads = (team: Team): Workload[] => [
  ...teamWorkloads(team).flatMap(([kind, { image, limits, least }]) => {
    const own = { member: undefined, image, resources: least === undefined ? limits : team.ci.limits };
    const setting = least === undefined ? undefined : "ci/limits";
    const components = kind === "worker" ? workerNames(team) : [kind];
    return components.map((component) => ({ ...own, component, setting }));
  }),
  ...liveSites(team).flatMap(({ owner }) => ownerWorkloads(owner)),
  ...team.members.flatMap(ownerWorkloads),
];

const teamWorkloads = (team: Pick<Team, "visibility" | "target">) =>
  workloadsIn("team").filter(
    ([, { signIn, target }]) =>
      (!signIn || team.visibility !== undefined) && (target === undefined || target === team.target),
  );

/** Components of the team's own workloads that are told of members who come and go. */
export const rosterFollowers = (team: Pick<Team, "visibility" | "target">): string[] =>
  teamWorkloads(team).flatMap(([component, { roster }]) => (roster ? [component] : []));

/** The live site of a repository, in a scope of its own. */
export interface LiveSite {
  readonly repository: string;
  /** Whose id is the scope's. */
  readonly owner: Owner;
}

/** A live site for each repository of the roster; the first one's is the live server. */
export const liveSites = ({ live, repositories }: Pick<Team, "live" | "repositories">): LiveSite[] =>
  repositories.map((repository, index) => ({
    repository,
    owner: index === 0 ? live : { ...live, id: liveScope(repository) },
  }));

/** Id of the scope where a repository is live: those that the roster does not name are on the live server. */
export const liveScopeOf = (team: Parameters<typeof liveSites>[0], repository: string): string =>
  liveSites(team).find((site) => site.repository === repository)?.owner.id ?? LIVE;

/** What runs in the scope of a member or of a live site. */
export const ownerWorkloads = (owner: Owner): Workload[] =>
  places(owner).flatMap((place) =>
    workloadsIn(place)
      .filter(([, { where }]) => where === undefined || owner[where.option] === where.is)
      .map(([kind, { image, limits, least }]) => ({
        member: owner.id,
        component: kind as Exclude<WorkloadKind, "worker">,
        image,
        resources: least === undefined ? limits : owner.limits[kind as LimitedWorkload],
        setting: least === undefined ? undefined : `${settingsOf(owner)}/limits/${kind}`,
      })),
  );

/** Purposes of the volumes of a member's scope, or of the live server's. */
export const ownerVolumes = (owner: Pick<Owner, "id">): string[] => [
  ...SHARED_VOLUMES[isLive(owner.id) ? "live" : "member"],
  ...places(owner).flatMap((place) => workloadsIn(place).flatMap(([, { volumes }]) => volumes)),
];

const places = ({ id }: Pick<Owner, "id">): Place[] => ["sites", isLive(id) ? "live" : "member"];

const settingsOf = ({ id }: Owner): string => (isLive(id) ? "live" : `members/${id}`);

/** The team's test workers. */
export const workerNames = ({ ci }: { readonly ci: { readonly workers: number } }): `worker-${number}`[] =>
  Array.from({ length: ci.workers }, (_, index) => `worker-${index + 1}` as const);

/** Limits by workload, each the catalogue's where `own` has none. */
export const limitsOf = (own: (kind: LimitedWorkload) => Resources): Record<LimitedWorkload, Resources> =>
  Object.fromEntries(
    (["sites", "member"] as const)
      .flatMap((place) => workloadsIn(place))
      .filter(([, { least }]) => least !== undefined)
      .map(([kind]) => [kind, own(kind as LimitedWorkload)]),
  ) as Record<LimitedWorkload, Resources>;

/** The catalogue's limits of a workload. */
export const defaultLimits = (kind: WorkloadKind): Resources => WORKLOADS[kind].limits;
