import { dirname, join, relative } from "node:path";
import type { types } from "@pulumi/docker";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ImageName } from "../../config/catalogue";
import type { Registry, Team } from "../../config/members";
import { type ImageRef, type PlatformArgs, resourceNames } from "../platform";
import { type ImageBuild, imageBuild, imageOptions, localImageName, pushedImageName } from "./plan";
import { presentId } from "./present";

interface LocalImage extends ImageRef {
  readonly resource: docker.RemoteImage;
}

/** The package that holds `images/`, wherever the program is that uses it. */
const ROOT = dirname(dirname(__dirname));

export interface ImagesArgs extends Pick<PlatformArgs, "mirrors" | "certificates" | "packages" | "prefix"> {
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
  packages = [],
  prefix,
  registry,
  prebuilt = {},
}: ImagesArgs): (name: ImageName) => ImageRef {
  const resourceName = resourceNames(prefix);
  const options = imageOptions({ mirrors, certificates, packages }, ROOT);
  const references: Partial<Record<ImageName, string | undefined>> = prebuilt;
  const local = new Map<ImageName, LocalImage>();
  const pushed = new Map<ImageName, ImageRef>();

  function localImage(name: ImageName): LocalImage {
    const known = local.get(name);
    if (known) return known;
    const plan = imageBuild(name, options);
    const parents = plan.parent === undefined ? [] : [localImage(plan.parent).resource];
    const present = presentId(plan.name);
    // Only what is built waits for them.
    const waitsFor: Promise<pulumi.Input<pulumi.Resource>[]> = present.then((id) => (id === undefined ? parents : []));
    const resource = new docker.RemoteImage(
      resourceName(localImageName(plan)),
      {
        name: plan.name,
        build: present.then((id) => (id === undefined ? renderBuild(plan) : undefined)),
        keepLocally: true,
      },
      {
        dependsOn: waitsFor,
        // How an image came to be changes nothing about it.
        ignoreChanges: ["build"],
      },
    );
    // A preview knows what runs on an image that is there; the state may know one that was removed since.
    const id = pulumi.output(present.then((found) => found ?? resource.imageId));
    const image = { name: plan.name, id, resource };
    local.set(name, image);
    return image;
  }

  function pushedImage(name: ImageName, destination: Pick<Registry, "push" | "pull">): ImageRef {
    const known = pushed.get(name);
    if (known) return known;
    const source = localImage(name);
    const imageName = `${destination.push}/${source.name}`;
    const resource = new docker.Image(
      resourceName(pushedImageName(name)),
      { imageName, build: renamed(source.name) },
      { dependsOn: [source.resource] },
    );
    const image = { name: imageName, id: asPulled(resource.repoDigest, destination) };
    pushed.set(name, image);
    return image;
  }

  return (name) => {
    const reference = references[name];
    if (reference !== undefined) return { name: reference, id: reference };
    return registry === undefined ? localImage(name) : pushedImage(name, registry);
  };
}

/** `<push>/muster/web@sha256:…` → `<pull>/muster/web@sha256:…` */
const asPulled = (digest: pulumi.Output<string>, { push, pull }: Pick<Registry, "push" | "pull">) =>
  push === pull
    ? digest
    : digest.apply((pushed) => (pushed.startsWith(`${push}/`) ? `${pull}${pushed.slice(push.length)}` : pushed));

/** Relative to the program, so that no path of this machine gets into the state. */
const fromProgram = (path: string) => join(relative(process.cwd(), ROOT), path);

const renderBuild = ({ context, args }: ImageBuild): types.input.RemoteImageBuild => ({
  context: fromProgram(context),
  buildArgs: { ...args },
  // The engine's own BuildKit finds local parents by name; a builder of the user's choice may not.
  useLegacyBuilder: true,
});

/** A build without a step: the same image under another name, for the resource that pushes what it has built. */
const renamed = (image: string): docker.ImageArgs["build"] => ({
  context: fromProgram(RENAME),
  dockerfile: join(fromProgram(RENAME), "Dockerfile"),
  args: { IMAGE: image },
  builderVersion: docker.BuilderVersion.BuilderV1,
  platform: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
});

const RENAME = "platform/images/rename";
