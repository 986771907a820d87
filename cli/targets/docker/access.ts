import type { Team } from "../../../config/members";
import type { DockerHost } from "../../tools/docker-host";

/** Where the gateway's port is reached: for a local daemon, the address that it is published on. */
export const gatewayAddress = (
  { listen }: Pick<Team, "listen">,
  host: Pick<DockerHost, "local" | "address">,
): string => (host.local && listen !== "0.0.0.0" ? listen : host.address);
