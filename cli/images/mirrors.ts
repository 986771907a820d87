import { withoutAccounts } from "../../config/problems";
import type { ImageSpec } from "../../export/compose";
import { UserError } from "../errors";
import type { Docker } from "../tools/docker";

/** The certificates that a system trusts. */
const AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * The image that the first one is built on may trust nobody, as Debian's slim images do: nothing in it can check a
 * mirror that encrypts. That of the security updates is not needed before certificates have come from the other one.
 *
 * @throws UserError that names the key
 */
export async function checkMirrors(docker: Pick<Docker, "tryRun">, images: readonly Pick<ImageSpec, "args">[]) {
  for (const { args } of images) {
    const { DEBIAN: from, APT_MIRROR: mirror } = args;
    if (from === undefined || mirror === undefined || !mirror.startsWith("https:")) continue;
    const look = `[ -e ${AUTHORITIES} ] || echo missing`;
    const answer = await docker.tryRun("run", "--rm", "--network", "none", "--entrypoint", "sh", from, "-c", look);
    // What it cannot say, the build does.
    if (answer?.trim() !== "missing") continue;
    throw new UserError(
      [
        `config/mirrors/apt: "${withoutAccounts(mirror)}" is encrypted, and ${from}, which every image builds on,`,
        "trusts no authority to check it with. Use the http:// address (packages are signed), or an image that has",
        "ca-certificates:",
        `  printf 'FROM ${from}\\nRUN apt-get update && apt-get install -y ca-certificates\\n' | docker build -t ${from} -`,
      ].join("\n"),
    );
  }
}
