import { type Docker, words } from "../../tools/docker";

/** The parts of an image that show where it comes from. */
export interface ImageLayers {
  readonly Id: string;
  readonly RootFS: { readonly Layers?: readonly string[] | null };
  readonly RepoTags?: readonly string[] | null;
}

/** The parts of a container that show whether it was a step of a build. */
export interface BuildContainer {
  readonly Id: string;
  /** Id of its image. */
  readonly Image: string;
  readonly Config: {
    /** The image as it was named to Docker. */
    readonly Image: string;
    readonly Cmd?: readonly string[] | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
  };
  readonly State: {
    readonly Status: string;
    /** In the year 1 if it never started. */
    readonly FinishedAt: string;
  };
  readonly Created: string;
}

/** Milliseconds from its end, or from its creation where it never ran, after which no build wants a step any more. */
const STEP_ENDED = 60_000;

/** The same for whoever wants every image gone: by then a step of a build that goes on has become a layer. */
export const STEP_COMMITTED = 10_000;

/**
 * Removes what builds leave behind: the containers of their steps, which the builds of `pulumi up` keep, and the
 * untagged images of one that failed. Their layers tell them from other people's: each of Muster's images begins with
 * those of its base.
 */
export const removeBuildLeftovers = async (docker: Docker): Promise<void> =>
  removeLeftoversOf(docker, await ownLayers(docker), STEP_ENDED);

/** Muster's images that have a name. */
export const ownLayers = async (docker: Docker): Promise<ImageLayers[]> =>
  inspectImages(docker, await imageIds(docker, "reference=muster/*"));

/**
 * @param named Muster's images, perhaps as they were before their names were removed
 * @param stepEnded milliseconds that a step has ended ago
 */
export async function removeLeftoversOf(docker: Docker, named: readonly ImageLayers[], stepEnded: number) {
  if (named.length === 0) return;
  const containers = (await endedContainers(docker)).filter((container) =>
    isBuildStep(container, Date.now(), stepEnded),
  );
  const images = await inspectImages(
    docker,
    containers.map(({ Image }) => Image),
  );
  const own = new Set([...builtOn(named, images), ...builtFor(named, images)].map(({ Id }) => Id));
  const steps = containers.filter(({ Image }) => own.has(Image));
  if (steps.length > 0) await docker.tryRun("rm", ...steps.map(({ Id }) => Id));

  const untagged = (await inspectImages(docker, await imageIds(docker, "dangling=true"))).filter(hasNoName);
  // Docker keeps one that a build is using right now.
  for (const { Id } of builtOn(named, untagged)) await docker.tryRun("image", "rm", Id);
}

/**
 * Whether a container was a step of a classic build: it has ended, was made from an image's id, and runs what the
 * builder runs. Muster's own containers are made from ids as well, and have labels.
 *
 * @param now milliseconds since the epoch
 * @param ended least milliseconds since its end. Default a minute.
 */
export function isBuildStep({ Config, State, Created }: BuildContainer, now: number, ended = STEP_ENDED): boolean {
  return (
    (State.Status === "created" || State.Status === "exited") &&
    // A step may have run for minutes, and is committed after its end.
    now - Math.max(Date.parse(Created), Date.parse(State.FinishedAt)) > ended &&
    /^sha256:[0-9a-f]{64}$/.test(Config.Image) &&
    Config.Cmd?.[0] === "/bin/sh" &&
    Config.Cmd[1] === "-c" &&
    !("muster.team" in (Config.Labels ?? {}))
  );
}

const layersOf = ({ RootFS }: ImageLayers): readonly string[] => RootFS.Layers ?? [];

const startsWith = (layers: readonly string[], prefix: readonly string[]): boolean =>
  prefix.length > 0 && prefix.every((layer, index) => layers[index] === layer);

/** The containerd store lists an image that was loaded twice as dangling too; removing that would remove its name. */
export const hasNoName = ({ RepoTags }: Pick<ImageLayers, "RepoTags">): boolean => !RepoTags?.length;

/** Those of `images` that begin with all layers of one of `bases`. */
export const builtOn = (bases: readonly ImageLayers[], images: readonly ImageLayers[]): ImageLayers[] =>
  images.filter((image) => bases.some((base) => startsWith(layersOf(image), layersOf(base))));

/** Those of `images` whose layers one of `bases` begins with: what it was built on, and its own steps. */
export const builtFor = (bases: readonly ImageLayers[], images: readonly ImageLayers[]): ImageLayers[] =>
  images.filter((image) => bases.some((base) => startsWith(layersOf(base), layersOf(image))));

async function endedContainers(docker: Docker): Promise<BuildContainer[]> {
  const filters = ["--filter", "status=created", "--filter", "status=exited"];
  const ids = words(await docker.run("ps", "--all", "--quiet", "--no-trunc", ...filters));
  return ids.length === 0 ? [] : JSON.parse((await docker.tryRun("inspect", ...ids)) ?? "[]");
}

const imageIds = async (docker: Docker, filter: string): Promise<string[]> =>
  words(await docker.run("image", "ls", "--quiet", "--no-trunc", "--filter", filter));

async function inspectImages(docker: Docker, ids: readonly string[]): Promise<ImageLayers[]> {
  const unique = [...new Set(ids)];
  return unique.length === 0 ? [] : JSON.parse((await docker.tryRun("image", "inspect", ...unique)) ?? "[]");
}
