import { networkInterfaces } from "node:os";

/** What is known of the machine that publishes the port. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interfaces: ReturnType<typeof networkInterfaces>;
}

/**
 * The addresses that the port is published on: browsers look for `localhost`, and for names that have both kinds of
 * addresses, in both families. Of a daemon on another machine it is not known what that has.
 *
 * @param listen the roster's address
 */
export function publishedAddresses(listen: string, { env, interfaces }: Machine = thisMachine()): string[] {
  if (!/^(?:unix:|npipe:|$)/.test(env.DOCKER_HOST ?? "")) return [listen];
  const own = Object.values(interfaces).flatMap((addresses) =>
    (addresses ?? []).filter(({ family }) => family === "IPv6"),
  );
  switch (listen) {
    case "127.0.0.1":
      return own.some(({ address }) => address === "::1") ? [listen, "::1"] : [listen];
    case "0.0.0.0":
      return own.some(({ address, internal }) => !internal && !/^fe[89ab]/i.test(address)) ? [listen, "::"] : [listen];
    default:
      return [listen];
  }
}

const thisMachine = (): Machine => ({ env: process.env, interfaces: networkInterfaces() });
