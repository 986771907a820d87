import * as pulumi from "@pulumi/pulumi";
import { teamConfig } from "../config/schema/team";
import { replaceSecretValues } from "../config/secrets";
import program from "../index";
import { type RecordedResource, type Recording, secretName, standIn } from "./recording";

export interface StackIdentity {
  readonly project: string;
  readonly stack: string;
  /** Config as the engine passes it: full keys, every value as a string. */
  readonly config: Readonly<Record<string, string>>;
}

/**
 * Runs the program without an engine: Pulumi's mock runtime answers every registration, and the inputs are kept.
 * Nothing is created. Secrets are recorded as stand-ins, so a recording's resources hold none.
 *
 * @throws RunError when the config cannot be used
 */
export async function recordProgram({ project, stack, config }: StackIdentity): Promise<Recording> {
  const resources: RecordedResource[] = [];
  await pulumi.runtime.setMocks(
    {
      call: ({ inputs }) => inputs,
      newResource: ({ type, name, inputs }) => {
        resources.push({ type, name, inputs: withoutMarks(inputs) });
        return { id: name, state: { ...inputs, ...outputs(type, name, inputs) } };
      },
    },
    project,
    stack,
    false,
  );
  pulumi.runtime.setAllConfig({ ...config });
  const given: Record<string, string> = {};
  const result = program((config) =>
    replaceSecretValues(teamConfig, config, (name, value) => {
      given[name] = value;
      return standIn(name);
    }),
  );
  // Registrations are asynchronous; this waits for the last answer.
  await pulumi.runtime.disconnect();
  const key = ({ type, name }: RecordedResource) => `${type} ${name}`;
  return { given, resources: resources.sort((a, b) => (key(a) < key(b) ? -1 : 1)), outputs: result };
}

/** Inputs of a resource without the marks of those that are secret. */
const withoutMarks = (inputs: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, pulumi.runtime.unwrapRpcSecret(value)]));

/** Outputs that a provider would compute and that the program uses. */
function outputs(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  switch (type) {
    case "docker:index/image:Image":
      return { repoDigest: inputs.imageName };
    case "random:index/randomPassword:RandomPassword":
      return { result: standIn(secretName(name)) };
    default:
      return {};
  }
}
