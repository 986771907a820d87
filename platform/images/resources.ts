import { dirname, join, relative } from "node:path";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { ImageName } from "../../config/catalogue";
import type { Registry, Team } from "../../config/members";
import { type ImageRef, type PlatformArgs, resourceNames } from "../platform";
import { type ImageBuild, imageBuild, imageResourceName, readCertificates } from "./plan";

interface BuiltImage extends ImageRef {
  readonly resource: docker.Image;
}

/** The package that holds `images/`, wherever the program is that uses it. */
const ROOT = dirname(dirname(__dirname));

export interface ImagesArgs extends Pick<PlatformArgs, "mirrors" | "certificates" | "prefix"> {
  /**
   * Where images that workloads run go, as `<registry>/muster/<image>:<hash>`; images that others build on stay.
   *
   * @default none: every image stays in the local engine
   */
  readonly registry?: Pick<Registry, "push" | "pull"> | undefined;
  /**
   * References by name of images that are neither built nor pushed.
   *
   * @default {}
   */
  readonly prebuilt?: Team["images"];
}

/**
 * The team's images: each is built once, when the first workload asks for it, its parents before it.
 *
 * @returns the image of a name, the same one at every call
 */
export function createImages({
  mirrors = {},
  certificates,
  prefix,
  registry,
  prebuilt = {},
}: ImagesArgs): (name: ImageName) => ImageRef {
  const resourceName = resourceNames(prefix);
  const options = { root: ROOT, mirrors, certificates: readCertificates(certificates) };
  const references: Partial<Record<ImageName, string | undefined>> = prebuilt;
  const built = new Map<string, BuiltImage>();

  function build(name: ImageName, destination: Pick<Registry, "push" | "pull"> | undefined): BuiltImage {
    const plan = imageBuild(name, options);
    const imageName = destination === undefined ? plan.name : `${destination.push}/${plan.name}`;
    const known = built.get(imageName);
    if (known) return known;
    const parents = plan.parent === undefined ? [] : [build(plan.parent, undefined).resource];
    const resource = new docker.Image(
      resourceName(imageResourceName(name, destination !== undefined)),
      renderImage(plan, imageName, destination === undefined),
      { dependsOn: parents },
    );
    const id = destination === undefined ? resource.repoDigest : asPulled(resource.repoDigest, destination);
    const image = { name: imageName, id, resource };
    built.set(imageName, image);
    return image;
  }

  return (name) => {
    const reference = references[name];
    return reference === undefined ? build(name, registry) : { name: reference, id: reference };
  };
}

/** `<push>/muster/web@sha256:…` → `<pull>/muster/web@sha256:…` */
const asPulled = (digest: pulumi.Output<string>, { push, pull }: Pick<Registry, "push" | "pull">) =>
  push === pull
    ? digest
    : digest.apply((pushed) => (pushed.startsWith(`${push}/`) ? `${pull}${pushed.slice(push.length)}` : pushed));

function renderImage(build: ImageBuild, imageName: string, skipPush: boolean): docker.ImageArgs {
  // Relative to the program, so that no path of this machine gets into the state.
  const context = join(relative(process.cwd(), ROOT), build.context);
  return {
    imageName,
    skipPush,
    build: {
      context,
      dockerfile: `${context}/Dockerfile`,
      args: { ...build.args },
      // The classic builder works on every engine from 20.10 on, and finds local parents by name.
      builderVersion: docker.BuilderVersion.BuilderV1,
      platform: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
    },
  };
}
