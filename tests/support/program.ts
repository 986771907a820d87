import * as pulumi from "@pulumi/pulumi";
import program from "../../index";
import { configStrings } from "./config";

/** A resource as it was registered with the engine. */
export interface RegisteredResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** Type and name of the component above it; empty for the outermost. */
  readonly parent: string;
  // biome-ignore lint/suspicious/noExplicitAny: each resource type has inputs of its own.
  readonly inputs: any;
  /** Values of inputs that are marked as secret, wherever they are. */
  readonly secrets: readonly unknown[];
  /** Name of the provider that was given explicitly. */
  readonly provider: string;
  /** `type name` of each resource that must exist first. */
  readonly dependencies: readonly string[];
  readonly retainOnDelete: boolean;
  readonly deleteBeforeReplace: boolean;
  readonly replaceOnChanges: readonly string[];
  readonly ignoreChanges: readonly string[];
  /** Another value makes the resource anew. */
  readonly replacementTrigger: unknown;
}

// The SDK makes it an input of the kubernetes provider, and the tests may run where it names a cluster.
delete process.env.KUBECONFIG;

/** What the mock provider generates for the password resource `name`. */
export const generatedPassword = (name: string): string => `generated-${name}`;

/** Id of an image without a registry: the same whatever the files in `images/` hold. */
export const imageId = (image: string): string => `sha256:${image}`;

/**
 * Runs `create` under Pulumi's mock runtime; ends when every resource has been answered.
 *
 * @param present images that the engine has
 */
export async function register<T>(
  create: () => T,
  present: readonly string[] = [],
): Promise<{ resources: RegisteredResource[]; result: T }> {
  const resources: RegisteredResource[] = [];
  await pulumi.runtime.setMocks(
    {
      call: async ({ inputs }) => {
        const image = present.find((name) => inputs.name.startsWith(`muster/${name}:`));
        if (image !== undefined) return { ...inputs, id: imageId(image) };
        throw new Error("no such image");
      },
      newResource: ({ type, name, inputs }) => ({
        id: `${name}-id`,
        state: { ...inputs, ...outputs(type, name, inputs) },
      }),
    },
    "muster",
    "test",
    false,
  );
  recordRequests(resources);
  // Pulumi takes a stack trace for every promise; without them the tests take a third of the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  let result: T;
  try {
    result = create();
  } finally {
    await pulumi.runtime.disconnect();
    Error.stackTraceLimit = stackTraceLimit;
  }
  for (const { type, name, inputs } of resources) {
    if (JSON.stringify(inputs).includes("undefined")) throw new Error(`${type} ${name} has an undefined input`);
  }
  return { resources: resources.sort((a, b) => (a.urn < b.urn ? -1 : 1)), result };
}

/** Runs the whole program on the config of `muster:` keys. */
export const runProgram = (config: Readonly<Record<string, unknown>>) => register(() => start(config));

/** The error that ends the program before it is done, and what it had registered by then. */
export async function failingProgram(config: Readonly<Record<string, unknown>>) {
  const { resources, result } = await register(() => {
    try {
      start(config);
    } catch (error) {
      return error;
    }
    throw new Error("the program did not fail");
  });
  return { resources, error: result };
}

function start(config: Readonly<Record<string, unknown>>) {
  pulumi.runtime.setAllConfig(configStrings(config));
  return program();
}

/** Outputs that a provider would compute. */
function outputs(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  switch (type) {
    case "docker:index/remoteImage:RemoteImage":
      return { imageId: imageId(String(inputs.name).replace(/^muster\/|:[0-9a-f]{12}$/g, "")) };
    case "docker:index/image:Image": {
      const repository = String(inputs.imageName).replace(/:[0-9a-f]{12}$/, "");
      return { repoDigest: `${repository}@${imageId(repository.replace(/^.*\//, ""))}` };
    }
    case "random:index/randomPassword:RandomPassword":
      return { result: pulumi.secret(generatedPassword(name)) };
    default:
      return {};
  }
}

/** The mock callback sees neither parents nor options, and secrets without their mark: the requests have it all. */
function recordRequests(resources: RegisteredResource[]): void {
  // biome-ignore lint/suspicious/noExplicitAny: the mock monitor is no part of Pulumi's typed interface.
  const monitor = pulumi.runtime.getMonitor() as any;
  const registerResource = monitor.registerResource.bind(monitor);
  // biome-ignore lint/suspicious/noExplicitAny: nor are its requests.
  monitor.registerResource = (request: any, callback: unknown) => {
    const secrets: unknown[] = [];
    const inputs = unwrapSecrets(request.getObject()?.toJavaScript() ?? {}, secrets);
    resources.push({
      urn: untagged(monitor.newUrn(request.getParent(), request.getType(), request.getName())),
      type: request.getType(),
      name: untagged(request.getName()),
      parent: shortName(request.getParent()),
      inputs,
      secrets,
      provider: request.getProvider().split("::")[3] ?? "",
      dependencies: request.getDependenciesList().map(shortName).sort(),
      retainOnDelete: request.getRetainondelete(),
      deleteBeforeReplace: request.getDeletebeforereplace(),
      replaceOnChanges: request.getReplaceonchangesList(),
      ignoreChanges: request.getIgnorechangesList(),
      replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
    });
    return registerResource(request, callback);
  };
}

/** A resource's name without the tag of an image, so that edits of `images/` do not matter. */
const untagged = (name: string): string => name.replace(/\b(image-[a-z-]+)-[0-9a-f]{12}$/, "$1");

/** `urn:pulumi:test::muster::a$b:c/d:E::name` → `b:c/d:E name` */
function shortName(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.split("$").pop()} ${untagged(name)}`.trim();
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

function unwrapSecrets(value: unknown, secrets: unknown[]): unknown {
  if (Array.isArray(value)) return value.map((item) => unwrapSecrets(item, secrets));
  if (value === null || typeof value !== "object") return value;
  const entries: Record<string, unknown> = { ...value };
  if (entries[SIGNATURE] === SECRET) {
    const plain = unwrapSecrets(entries.value, secrets);
    secrets.push(plain);
    return plain;
  }
  return Object.fromEntries(Object.entries(entries).map(([key, item]) => [key, unwrapSecrets(item, secrets)]));
}
