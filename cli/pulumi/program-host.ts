import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import type { ToHost } from "./program";

/** By which Pulumi's Automation API runs programs of its own process. Pulumi publishes no type for it. */
const { LanguageServer } = require("@pulumi/pulumi/automation/server") as {
  LanguageServer: new (program: () => Promise<unknown>) => UntypedServiceImplementation;
};

/** Of one message between Pulumi's engine and the program, bytes. */
const LARGEST_MESSAGE = 400 * 1024 ** 2;

/**
 * A process of its own that Pulumi runs the program in: it has loaded the program before Pulumi asks for it. Tells its
 * parent the port that it listens on, and begins when it has been given the variables. Ends with its parent.
 */
async function main(path: string): Promise<void> {
  // A terminal's Ctrl-C is for Pulumi, which ends the program in order.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
  process.once("disconnect", () => process.exit());
  const variables = new Promise<NodeJS.ProcessEnv>((given) => {
    process.once("message", (message: ToHost) => given(message.variables));
  });
  const program = load(path);
  const run = async () => {
    Object.assign(process.env, await variables);
    return await program();
  };
  const server = new Server({ "grpc.max_receive_message_length": LARGEST_MESSAGE });
  server.addService(LanguageRuntimeService as unknown as ServiceDefinition, new LanguageServer(run));
  const port = await new Promise<number>((bound, failed) => {
    const loopback = ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", loopback, (error, number) => (error ? failed(error) : bound(number)));
  });
  process.send?.({ port });
}

/** The program, or one that fails with what loading it failed with: Pulumi says so then. */
function load(path: string): () => unknown {
  try {
    return require(path);
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

void main(process.argv[2] ?? "");
