import { withoutAccounts } from "../../config/problems";
import type { ImageSpec } from "../../export/compose";
import { UserError } from "../errors";
import type { Docker } from "../tools/docker";

/** The keys of `muster:mirrors` by the build arguments of the image that has them. */
const KEYS = { APT_MIRROR: "apt", APT_SECURITY_MIRROR: "aptSecurity" } as const;

/** Of whom a system trusts. */
const AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * The image that the first one is built on may trust nobody, as Debian's slim images do: nothing in it can check a
 * mirror that encrypts.
 *
 * @throws UserError that names the key
 */
export async function checkMirrors(docker: Pick<Docker, "tryRun">, images: readonly Pick<ImageSpec, "args">[]) {
  for (const { args } of images) {
    const from = args.DEBIAN;
    const names = (Object.keys(KEYS) as (keyof typeof KEYS)[]).filter((name) => args[name]?.startsWith("https:"));
    if (from === undefined || names.length === 0) continue;
    const test = ["run", "--rm", "--network", "none", "--entrypoint", "test", from, "-e", AUTHORITIES];
    if ((await docker.tryRun(...test)) !== undefined) continue;
    const problems = names.map((name) => `config/mirrors/${KEYS[name]}: "${withoutAccounts(args[name] ?? "")}"`);
    throw new UserError(
      [
        `${problems.join(", ")} is encrypted, and ${from}, which every image builds on, trusts no authority to check it`,
        "with. Use the http:// address (packages are signed), or an image that has ca-certificates:",
        `  printf 'FROM ${from}\\nRUN apt-get update && apt-get install -y ca-certificates\\n' | docker build -t ${from} -`,
      ].join("\n"),
    );
  }
}
