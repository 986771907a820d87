/** Of the run: ids of images that the engine has, by name, as JSON. Without it the engine is asked for each. */
export const PRESENT_IMAGES = "MUSTER_PRESENT_IMAGES";

/**
 * The id of an image that the engine has. Its name follows from all that goes into it, so it is never built again,
 * however it came there.
 */
export async function presentId(name: string, env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const known = (JSON.parse(env[PRESENT_IMAGES] ?? "{}") as Record<string, string>)[name];
  if (known !== undefined) return known;
  try {
    // Loading the SDK takes a third of a second, and commands need only the variable's name.
    const { getRemoteImage } = await import("@pulumi/docker");
    return (await getRemoteImage({ name })).id;
  } catch {
    return undefined;
  }
}
