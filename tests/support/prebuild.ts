import { resolve } from "node:path";
import { ensureBaseImage } from "../../cli/images/base";
import { buildImages, imageBuilds, missingImages } from "../../cli/images/build";
import type { Progress } from "../../cli/progress";
import { ensureCompose } from "../../cli/targets/docker/compose";
import { dockerClient } from "../../cli/tools/docker";
import { WORKLOAD_IMAGES } from "../../config/catalogue";
import { resolveTeam } from "../../config/members";
import { parseTeamConfig } from "../../config/schema/team";
import { prebuildCluster } from "./cluster";
import { buildPebble } from "./pebble";

const ROOT = resolve(__dirname, "../..");

/**
 * Builds what tests on Docker would build themselves, once for all of them and beside the tests that need none of it.
 * What fails here, they try again and report.
 *
 * @param env leads to Docker
 * @returns a promise of everything but the cluster's program, which takes longest and is needed last
 */
export async function prebuild(
  { acme, cluster }: { readonly acme: boolean; readonly cluster: boolean },
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<{ readonly images: Promise<unknown>; readonly cluster: Promise<unknown> }> {
  const failed = (error: Error) => progress.warn(error.message);
  const docker = dockerClient(env);
  const team = resolveTeam(parseTeamConfig({ members: [{ id: "alice" }] }));
  // These may install packages, which only one can at a time.
  await ensureCompose(dockerClient(env), progress).catch(failed);
  await ensureBaseImage(docker, team.mirrors, progress).catch(failed);

  const builds = imageBuilds(team, WORKLOAD_IMAGES, ROOT);
  const images = missingImages(docker, builds)
    .then((missing) => buildImages(docker, missing, ROOT, progress))
    .catch(failed);
  const pebble = acme ? buildPebble().catch(failed) : Promise.resolve();
  const program = pebble.then(() => (cluster ? prebuildCluster(progress) : undefined)).catch(failed);
  return { images: Promise.all([images, pebble]), cluster: program };
}
