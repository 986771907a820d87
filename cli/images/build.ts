import type { ImageName } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { workloads } from "../../config/workloads";
import type { ImageSpec } from "../../export/compose";
import { buildOrder, type ImageBuild, imageBuild, imageOptions } from "../../platform/images/plan";
import { PRESENT_IMAGES } from "../../platform/images/present";
import { type Detail, formatElapsed, type Progress } from "../progress";
import { type Docker, isPodman, words } from "../tools/docker";
import { failure, follow } from "../tools/process";
import { checkMirrors } from "./mirrors";

/** Builds at once: with more of them, a small machine's CPUs and memory end before its time is saved. */
const SIDE_BY_SIDE = 3;

/** The images that workloads run on; others are only built upon. */
export const usedImages = (team: Team): ImageName[] => [...new Set(workloads(team).map(({ image }) => image))];

/** How to build `images` and all that they build on, parents first. */
export function imageBuilds(team: Team, images: readonly ImageName[], root: string): ImageBuild[] {
  const options = imageOptions(team, root);
  return buildOrder(images).map((image) => imageBuild(image, options));
}

/** Those of `images` that the daemon does not have. */
export async function missingImages<T extends Pick<ImageSpec, "name">>(docker: Docker, images: readonly T[]) {
  const listed = await docker.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}");
  const present = new Set(listed.split("\n"));
  // Podman lists its own with this host before the name, and finds them without.
  return images.filter(({ name }) => !present.has(name) && !present.has(`localhost/${name}`));
}

/** Variables that tell Pulumi's program the ids of images that the daemon has, so that it need not ask for each. */
export async function presentImages(docker: Docker, images: readonly Pick<ImageSpec, "name">[]) {
  const names = images.map(({ name }) => name);
  const ids = words((await docker.tryRun("image", "inspect", "--format", "{{.Id}}", ...names)) ?? "");
  // With one that is gone meanwhile, ids and names do not go together: then Pulumi asks.
  if (ids.length !== names.length) return {};
  return { [PRESENT_IMAGES]: JSON.stringify(Object.fromEntries(names.map((name, index) => [name, ids[index]]))) };
}

/** BuildKit, where Docker's command has the plugin for it; the classic builder needs none, and Podman has only that. */
export type Builder = "BuildKit" | "the classic builder";

export async function findBuilder(docker: Docker): Promise<Builder> {
  const plugin = await docker.tryRun("buildx", "version");
  if (plugin === undefined || (await isPodman(docker))) return "the classic builder";
  return "BuildKit";
}

const BUILDX = ["buildx", "build", "--builder", "default", "--progress", "plain"];

/** Where images are kept as a registry has them, compressing takes most of the time, and only a registry gains by it. */
const UNCOMPRESSED = ["--output", "type=image,compression=uncompressed"];

/**
 * The `docker` command that builds one image. Both builders find local parents by name: of BuildKit's, the engine's own
 * does, whichever the user has chosen for other work.
 *
 * @param pushed whether a registry gets it
 */
export function buildCommand(builder: Builder, { name, context, args }: ImageSpec, pushed = false) {
  const buildArgs = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
  switch (builder) {
    case "BuildKit":
      return {
        args: [...BUILDX, ...(pushed ? ["--load"] : UNCOMPRESSED), "--tag", name, ...buildArgs, context],
        // They would be a second manifest beside the image's.
        env: { BUILDX_NO_DEFAULT_ATTESTATIONS: "1" },
        step: /^#\d+ (\[[^\]]*\d+\/\d+\] .*)/,
      };
    case "the classic builder":
      return {
        // The intermediate container of a step that fails would be left behind.
        args: ["build", "--force-rm", "--tag", name, ...buildArgs, context],
        env: { DOCKER_BUILDKIT: "0" },
        step: /^(Step \d+\/\d+ : .*)/,
      };
    default: {
      const exhaustive: never = builder;
      return exhaustive;
    }
  }
}

export interface BuildOptions {
  /**
   * Whether a registry gets them.
   *
   * @default false
   */
  readonly pushed?: boolean;
}

/**
 * Builds images, side by side where one is not the other's parent. A tag is a hash of all that went into the image, so
 * one that exists needs no build.
 *
 * @param images parents first
 * @throws UserError with the end of the output of the build that failed first; the others are ended
 */
export async function buildImages(
  docker: Docker,
  images: readonly ImageSpec[],
  root: string,
  progress: Progress,
  { pushed = false }: BuildOptions = {},
) {
  if (images.length === 0) return;
  await checkMirrors(docker, images);
  const builder = await findBuilder(docker);
  const title = images.length === 1 ? images[0]?.name : `${images.length} images`;
  await progress.step(`Building ${title} with ${builder}`, async (detail) => {
    const current = new Set<string>();
    let done = 0;
    await sideBySide(images, async (image, signal) => {
      const started = performance.now();
      const short = image.name.replace(/^muster\/|:\w+$/g, "");
      current.add(short);
      const show: Detail = (line) =>
        detail(`${done} of ${images.length} built, now ${[...current].join(", ")}: ${line}`);
      await buildImage(docker, image.name, buildCommand(builder, image, pushed), root, show, signal);
      current.delete(short);
      done++;
      progress.note(`  built ${image.name} (${formatElapsed(performance.now() - started)})`);
    });
  });
}

async function buildImage(
  docker: Docker,
  name: string,
  { args, env, step }: ReturnType<typeof buildCommand>,
  root: string,
  detail: Detail,
  signal: AbortSignal,
): Promise<void> {
  const { code, said } = await follow(
    "docker",
    args,
    (line) => {
      const what = step.exec(line)?.[1];
      if (what !== undefined) detail(what);
    },
    { env: { ...docker.env, ...env }, cwd: root, signal },
  );
  if (code !== 0) throw failure(`Building ${name}`, said, 30);
}

/**
 * Runs `work` for each image once its parent is done.
 *
 * @param images parents first
 * @throws the first error, once all that had begun has ended
 */
export async function sideBySide<T extends Pick<ImageSpec, "name" | "args">>(
  images: readonly T[],
  work: (image: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const waiting = [...images];
  const unfinished = new Set(images.map(({ name }) => name));
  const takeReady = () => {
    const index = waiting.findIndex(({ args }) => !unfinished.has(args.PARENT ?? ""));
    return index === -1 || stop.signal.aborted ? undefined : waiting.splice(index, 1)[0];
  };
  let running = 0;
  await new Promise<void>((resolve, reject) => {
    const next = (): void => {
      while (running < SIDE_BY_SIDE) {
        const image = takeReady();
        if (image === undefined) break;
        start(image);
      }
      if (running > 0) return;
      if (stop.signal.aborted) reject(stop.signal.reason);
      else resolve();
    };
    const start = (image: T): void => {
      running++;
      work(image, stop.signal)
        .then(() => unfinished.delete(image.name))
        // The first reason stays.
        .catch((error) => stop.abort(error))
        .finally(() => {
          running--;
          next();
        });
    };
    next();
  });
}
