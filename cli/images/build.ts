import type { ImageName } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { workloads } from "../../config/workloads";
import type { ImageSpec } from "../../export/compose";
import { buildOrder, type ImageBuild, imageBuild, imageOptions } from "../../platform/images/plan";
import type { Progress } from "../progress";
import type { Docker } from "../tools/docker";
import { failure, follow } from "../tools/process";

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
  return images.filter(({ name }) => !present.has(name));
}

/**
 * Builds images, parents first. A tag is a hash of all that went into the image, so one that exists needs no build.
 *
 * @throws UserError with the end of the build's output
 */
export async function buildImages(docker: Docker, images: readonly ImageSpec[], root: string, progress: Progress) {
  for (const [index, { name, context, args }] of images.entries()) {
    await progress.step(`Building ${name} (${index + 1} of ${images.length})`, async (detail) => {
      const buildArgs = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
      const { code, said } = await follow(
        "docker",
        // The intermediate container of a step that fails would be left behind.
        ["build", "--force-rm", "--tag", name, ...buildArgs, context],
        (line) => {
          if (/^Step \d+\/\d+ : /.test(line)) detail(line);
        },
        // The classic builder finds local parents by name, and needs no plugin.
        { env: { ...docker.env, DOCKER_BUILDKIT: "0" }, cwd: root },
      );
      if (code !== 0) throw failure(`Building ${name}`, said, 30);
    });
  }
}
