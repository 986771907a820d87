import type { Docker } from "./docker";

/** What of an image tells where it comes from. */
export interface ImageLayers {
  readonly Id: string;
  readonly RootFS: { readonly Layers?: readonly string[] | null };
}

/**
 * Removes the untagged images that a failed build leaves behind. They are told from other people's by their layers:
 * each of Muster's images begins with those of its base.
 */
export async function removeBuildLeftovers(docker: Docker): Promise<void> {
  const [bases, untagged] = await Promise.all([
    inspect(docker, "reference=muster/base"),
    inspect(docker, "dangling=true"),
  ]);
  // One that a build is using right now is not removed.
  for (const { Id } of builtOn(bases, untagged)) await docker.tryRun("image", "rm", Id);
}

/** Those of `images` that begin with all layers of one of `bases`. */
export function builtOn(bases: readonly ImageLayers[], images: readonly ImageLayers[]): ImageLayers[] {
  const prefixes = bases.map(({ RootFS }) => RootFS.Layers ?? []).filter((layers) => layers.length > 0);
  return images.filter(({ RootFS }) =>
    prefixes.some((prefix) => prefix.every((layer, index) => RootFS.Layers?.[index] === layer)),
  );
}

async function inspect(docker: Docker, filter: string): Promise<ImageLayers[]> {
  const listing = await docker.run("image", "ls", "--quiet", "--no-trunc", "--filter", filter);
  const ids = [...new Set(listing.split("\n").filter(Boolean))];
  if (ids.length === 0) return [];
  return JSON.parse((await docker.tryRun("image", "inspect", ...ids)) ?? "[]");
}
