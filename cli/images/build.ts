import type { ImageName } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { workloads } from "../../config/workloads";
import type { ImageSpec } from "../../export/compose";
import { buildOrder, type ImageBuild, imageBuild, readCertificates } from "../../platform/images/plan";
import { UserError } from "../errors";
import type { Progress } from "../progress";
import type { Docker } from "../tools/docker";
import { lines } from "../tools/process";

/** Names and tags of the images that a team's environment runs on, parents first. */
export const teamImages = (team: Team, root: string): string[] =>
  imageBuilds(team, usedImages(team), root).map(({ name }) => name);

/** The images that workloads run on; others are only built upon. */
export const usedImages = (team: Team): ImageName[] => [...new Set(workloads(team).map(({ image }) => image))];

/** How to build `images` and all that they build on, parents first. */
export function imageBuilds(team: Team, images: readonly ImageName[], root: string): ImageBuild[] {
  const options = { root, mirrors: team.mirrors, certificates: readCertificates(team.certificates) };
  return buildOrder(images).map((image) => imageBuild(image, options));
}

/** Those of `names` that the daemon does not have. */
export async function missingImages(docker: Docker, names: readonly string[]): Promise<string[]> {
  const listed = await docker.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}");
  const present = new Set(listed.split("\n"));
  return names.filter((name) => !present.has(name));
}

/**
 * Builds what is missing, parents first. A tag is a hash of all that went into the image, so one that exists is current.
 *
 * @throws UserError with the end of the build's output
 */
export async function buildImages(docker: Docker, images: readonly ImageSpec[], root: string, progress: Progress) {
  const names = images.map(({ name }) => name);
  const missing = new Set(await missingImages(docker, names));
  const builds = images.filter(({ name }) => missing.has(name));
  for (const [index, { name, context, args }] of builds.entries()) {
    await progress.step(`Building ${name} (${index + 1} of ${builds.length})`, async (detail) => {
      const said: string[] = [];
      const buildArgs = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
      const code = await lines(
        "docker",
        // The intermediate container of a step that fails would be left behind.
        ["build", "--force-rm", "--tag", name, ...buildArgs, context],
        (line) => {
          said.push(line);
          if (/^Step \d+\/\d+ : /.test(line)) detail(line);
        },
        // The classic builder finds local parents by name, and needs no plugin.
        { env: { ...docker.env, DOCKER_BUILDKIT: "0" }, cwd: root },
      );
      if (code !== 0) throw new UserError(`Building ${name} failed:\n  ${said.slice(-30).join("\n  ")}`);
    });
  }
}
