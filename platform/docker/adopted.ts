/** Of the run: networks that exist already and that Docker does not give up, as JSON, the id by name. */
export const ADOPTED_NETWORKS = "MUSTER_ADOPTED_NETWORKS";

/** The option by which a network of this name is taken as it is, where one was left that cannot be removed. */
export function adopt(name: string, env: NodeJS.ProcessEnv = process.env): { readonly import?: string } {
  const id = (JSON.parse(env[ADOPTED_NETWORKS] ?? "{}") as Record<string, string>)[name];
  return id === undefined ? {} : { import: id };
}
