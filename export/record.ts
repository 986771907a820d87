import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type TeamConfig, teamConfig } from "../config/schema/team";
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
 * Records Muster's own program.
 *
 * @throws RunError when the config cannot be used
 */
export async function recordProgram(identity: StackIdentity): Promise<Recording<Awaited<ReturnType<typeof program>>>> {
  const given: Record<string, string> = {};
  const conceal = (config: TeamConfig) =>
    replaceSecretValues(teamConfig, config, (name, value) => {
      given[name] = value;
      return standIn(name);
    });
  return { ...(await record(identity, () => program(conceal))), given };
}

/**
 * Records another program on the same components. It runs when it is first imported, so once in a process.
 *
 * @param path file that Pulumi would run
 */
export async function recordFile(identity: StackIdentity, path: string): Promise<Recording> {
  return { ...(await record(identity, () => require(resolve(path)))), given: {} };
}

/**
 * Runs a program without an engine: Pulumi's mock runtime answers every registration, and the inputs are kept.
 * Nothing is created. Secrets are recorded as stand-ins, so a recording's resources hold none.
 */
async function record<T>(
  { project, stack, config }: StackIdentity,
  run: () => T,
): Promise<Omit<Recording<T>, "given">> {
  const resources: RecordedResource[] = [];
  await pulumi.runtime.setMocks(
    {
      call: answer,
      newResource: ({ type, name, inputs }) => {
        resources.push({ type, name, inputs: withoutMarks(inputs) });
        return { id: name, state: { ...inputs, ...computed(type, name, inputs) } };
      },
    },
    project,
    stack,
    false,
  );
  pulumi.runtime.setAllConfig({ ...config });
  const outputs = run();
  // Registrations are asynchronous; this waits for the last answer.
  await pulumi.runtime.disconnect();
  const key = ({ type, name }: RecordedResource) => `${type} ${name}`;
  return { resources: resources.sort((a, b) => (key(a) < key(b) ? -1 : 1)), outputs };
}

/** No engine is asked, so none has an image. */
function answer({ token, inputs }: pulumi.runtime.MockCallArgs) {
  if (token === "docker:index/getRemoteImage:getRemoteImage") throw new Error(`${inputs.name} is not asked for`);
  return inputs;
}

/** Inputs of a resource without the marks of those that are secret. */
const withoutMarks = (inputs: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, pulumi.runtime.unwrapRpcSecret(value)]));

/** Outputs that a provider would compute and that the program uses. */
function computed(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  switch (type) {
    case "docker:index/remoteImage:RemoteImage":
      return { imageId: inputs.name };
    case "docker:index/image:Image":
      return { repoDigest: inputs.imageName };
    case "random:index/randomPassword:RandomPassword":
      return { result: standIn(secretName(name)) };
    default:
      return {};
  }
}
