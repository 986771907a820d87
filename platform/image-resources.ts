import * as docker from "@pulumi/docker";
import type { Team } from "../config/members";
import { type ImageBuild, imageBuild, readCertificates } from "./images";
import type { ImageName, ImageRef } from "./platform";

interface BuiltImage extends ImageRef {
  readonly resource: docker.Image;
}

/**
 * The team's images: each is built once, when the first workload asks for it, its parents before it.
 *
 * @param registry where images that workloads run go, as `<registry>/muster/<image>:<hash>`; without one, and for
 *   images that others build on, they stay in the local engine
 * @returns the image of a name, the same one at every call
 */
export function createImages(team: Team, registry?: string): (name: ImageName) => ImageRef {
  const options = { root: process.cwd(), mirrors: team.mirrors, certificates: readCertificates(team.certificates) };
  const built = new Map<string, BuiltImage>();

  function build(name: ImageName, destination: string | undefined): BuiltImage {
    const plan = imageBuild(name, options);
    const imageName = destination === undefined ? plan.name : `${destination}/${plan.name}`;
    const known = built.get(imageName);
    if (known) return known;
    const parents = plan.parent === undefined ? [] : [build(plan.parent, undefined).resource];
    const resource = new docker.Image(
      destination === undefined ? `image-${name}` : `pushed-image-${name}`,
      renderImage(plan, imageName, destination === undefined),
      { dependsOn: parents },
    );
    const image = { name: imageName, id: resource.repoDigest, resource };
    built.set(imageName, image);
    return image;
  }

  return (name) => build(name, registry);
}

function renderImage(build: ImageBuild, imageName: string, skipPush: boolean): docker.ImageArgs {
  return {
    imageName,
    skipPush,
    build: {
      context: build.context,
      dockerfile: `${build.context}/Dockerfile`,
      args: { ...build.args },
      // The classic builder works on every engine from 20.10 on, and finds local parents by name.
      builderVersion: docker.BuilderVersion.BuilderV1,
      platform: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
    },
  };
}
