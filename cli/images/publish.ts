import type { ImageName } from "../../config/catalogue";
import type { Registry, Team } from "../../config/members";
import type { ImageBuild } from "../../platform/images/plan";
import { UserError } from "../errors";
import type { Progress } from "../progress";
import type { Docker } from "../tools/docker";
import { follow } from "../tools/process";
import { hasImage } from "../tools/registry";
import { ensureBaseImage } from "./base";
import { buildImages, imageBuilds, missingImages, usedImages } from "./build";
import { checkPackages } from "./packages";

/** Images that pods run and that the config does not name: they have to be in the registry. */
export const ownImages = (team: Team): ImageName[] =>
  usedImages(team).filter((image) => (team.images as Partial<Record<ImageName, string>>)[image] === undefined);

/**
 * Those of the team's own images that the registry lacks, or may lack. A tag is a hash of all that went into
 * the image, so one that exists is current.
 */
export async function unpublished(team: Team, registry: Registry, root: string): Promise<ImageBuild[]> {
  const own = new Set(ownImages(team));
  const builds = imageBuilds(team, [...own], root).filter(({ image }) => own.has(image));
  const present = await Promise.all(builds.map(({ name }) => hasImage(registry.push, name, registry.account)));
  return builds.filter((_, index) => present[index] !== true);
}

/**
 * Builds those of `wanted` that Docker lacks, and pushes all of them to the registry.
 *
 * @throws UserError with the end of Docker's output
 */
export async function publishImages(
  docker: Docker,
  team: Team,
  registry: Registry,
  wanted: readonly ImageBuild[],
  root: string,
  progress: Progress,
): Promise<void> {
  await checkPackages(team, progress);
  await ensureBaseImage(docker, team.mirrors, progress);
  const builds = imageBuilds(
    team,
    wanted.map(({ image }) => image),
    root,
  );
  await buildImages(docker, await missingImages(docker, builds), root, progress, { pushed: true });
  for (const [index, { name }] of wanted.entries()) {
    const reference = `${registry.push}/${name}`;
    await progress.step(`Pushing ${reference} (${index + 1} of ${wanted.length})`, async (detail) => {
      await docker.run("tag", name, reference);
      const { code, said } = await follow("docker", ["push", reference], detail, { env: docker.env });
      if (code !== 0) throw new UserError(pushAdvice(registry.push, said));
    });
  }
}

/** What to do about a push that failed, by the end of what Docker said. */
export function pushAdvice(registry: string, said: readonly string[]): string {
  const message = said.at(-1) ?? "";
  const host = registry.split("/")[0];
  const remedy = /unauthorized|authentication|denied|no basic auth/i.test(message)
    ? `log in, with an account that may write there: docker login ${host}`
    : /server gave HTTP response to HTTPS client/.test(message)
      ? `it speaks plain HTTP: add "${host}" to insecure-registries in Docker's daemon.json, or give it a certificate`
      : /x509|certificate/.test(message)
        ? `give Docker its certificate authority: /etc/docker/certs.d/${host}/ca.crt`
        : "correct muster:registry.push, or the registry";
  return `Docker cannot push to ${registry}: ${message}\n${remedy}`;
}
