import * as pulumi from "@pulumi/pulumi";
import program from "../index";

/** A resource as the program registered it. */
export interface RecordedResource {
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each resource type has inputs of its own; the converters know them.
  readonly inputs: any;
}

/** What the program would have the engine create, in the order of names within a type. */
export interface Recording {
  readonly resources: readonly RecordedResource[];
  readonly outputs: Awaited<ReturnType<typeof program>>;
}

export interface StackIdentity {
  readonly project: string;
  readonly stack: string;
  /** Config as the engine passes it: full keys, every value as a string. */
  readonly config: Readonly<Record<string, string>>;
}

/** Stands for a secret's value in a recording: `secretName` gets its name back. */
const SECRET = /\uE000([A-Z0-9_]+)\uE001/g;

/** `text` with each secret's stand-in replaced. */
export const replaceSecrets = (text: string, replacement: (name: string) => string): string =>
  text.replace(SECRET, (_, name: string) => replacement(name));

/** The environment variable that holds the secret which the resource `name` generates: `alice-db-password` → `ALICE_DB_PASSWORD`. */
export const secretName = (name: string): string => name.toUpperCase().replaceAll("-", "_");

/**
 * Runs the program without an engine: Pulumi's mock runtime answers every registration, and the inputs are kept.
 * Nothing is created. Generated passwords are recorded as stand-ins, so that a recording holds no secret.
 *
 * @throws RunError when the config cannot be used
 */
export async function recordProgram({ project, stack, config }: StackIdentity): Promise<Recording> {
  const resources: RecordedResource[] = [];
  await pulumi.runtime.setMocks(
    {
      call: ({ inputs }) => inputs,
      newResource: ({ type, name, inputs }) => {
        resources.push({ type, name, inputs });
        return { id: name, state: { ...inputs, ...outputs(type, name, inputs) } };
      },
    },
    project,
    stack,
    false,
  );
  pulumi.runtime.setAllConfig({ ...config });
  const result = program();
  // Registrations are asynchronous; this ends when the last one was answered.
  await pulumi.runtime.disconnect();
  const key = ({ type, name }: RecordedResource) => `${type} ${name}`;
  return { resources: resources.sort((a, b) => (key(a) < key(b) ? -1 : 1)), outputs: result };
}

/** Outputs that a provider would compute and that the program uses. */
function outputs(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  switch (type) {
    case "docker:index/image:Image":
      return { repoDigest: inputs.imageName };
    case "random:index/randomPassword:RandomPassword":
      return { result: `\uE000${secretName(name)}\uE001` };
    default:
      return {};
  }
}
