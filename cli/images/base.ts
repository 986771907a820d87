import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Mirrors } from "../../config/members";
import { withoutAccounts } from "../../config/problems";
import { DEBIAN_IMAGE } from "../../platform/images/plan";
import { UserError } from "../errors";
import type { Detail, Progress } from "../progress";
import { aptAccess, aptInstall } from "../tools/apt";
import type { Docker } from "../tools/docker";
import { failure, follow } from "../tools/process";

/** Seconds of silence after which a registry counts as unreachable. */
const REGISTRY_PATIENCE = 20;

const SUITE = "trixie";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Makes sure that the parent of `images/base` exists: from a registry, or else from the Debian mirror.
 *
 * @throws UserError when neither is available
 */
export async function ensureBaseImage(docker: Docker, mirrors: Mirrors, progress: Progress): Promise<void> {
  if (await docker.hasImage(DEBIAN_IMAGE)) return;
  const failure = await pull(docker, progress);
  if (failure === undefined) return;
  progress.note(`  no image registry in reach (${failure}); making ${DEBIAN_IMAGE} from the Debian mirror`);

  const access = aptAccess();
  const missing = [
    ...(existsSync("/usr/bin/mmdebstrap") ? [] : ["mmdebstrap"]),
    ...(existsSync(KEYRING) ? [] : ["debian-archive-keyring"]),
  ];
  if (missing.length > 0 && !(access.debianLike && access.root))
    throw new UserError(baseImageAdvice(failure, access.debianLike));
  if (missing.length > 0) await aptInstall(progress, missing);
  await bootstrap(docker, mirrors, progress);
}

/** @returns why it failed, or undefined */
async function pull(docker: Docker, progress: Progress): Promise<string | undefined> {
  return progress.step(
    `Pulling ${DEBIAN_IMAGE}`,
    async (detail) => {
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), REGISTRY_PATIENCE * 1000);
      const { code, said } = await follow(
        "docker",
        ["pull", DEBIAN_IMAGE],
        (line) => {
          // The registry has answered: from now on it may take its time.
          if (/^\S+: /.test(line) && !/^error/i.test(line)) clearTimeout(timer);
          detail(line);
        },
        { env: docker.env, signal: patience.signal },
      );
      clearTimeout(timer);
      if (code === 0) return undefined;
      return patience.signal.aborted ? `it did not answer within ${REGISTRY_PATIENCE} s` : lastWords(said.at(-1) ?? "");
    },
    (failure) => (failure === undefined ? "done" : "not possible"),
  );
}

/** The cause at the end of Docker's chain of prefixes: `…: lookup registry.example: no such host`. */
export function lastWords(message: string): string {
  return message.split(": ").slice(-2).join(": ").trim() || "docker pull failed";
}

/** `mmdebstrap | docker import`, so that nothing is written but the image. */
async function bootstrap(docker: Docker, mirrors: Mirrors, progress: Progress): Promise<void> {
  await progress.step(`Making ${DEBIAN_IMAGE} (mmdebstrap)`, async (detail) => {
    const make = spawn("mmdebstrap", bootstrapArgs(mirrors), { stdio: ["ignore", "pipe", "pipe"] });
    const load = spawn("docker", ["import", "-", DEBIAN_IMAGE], { env: docker.env, stdio: ["pipe", "ignore", "pipe"] });
    const said = { make: collect(make.stderr, detail), load: collect(load.stderr, detail) };
    load.stdin.on("error", () => undefined);
    const [made, loaded] = await Promise.all([exitOf(make), pipeWhenGood(make, load)]);
    if (made !== 0) throw failure("mmdebstrap", said.make, 15);
    if (loaded !== 0) throw failure("docker import", said.load, 5);
  });
}

/** Arguments of mmdebstrap; the archive goes to standard output. */
export function bootstrapArgs({ apt }: Mirrors): string[] {
  return [
    "--variant=minbase",
    "--include=ca-certificates",
    `--keyring=${KEYRING}`,
    SUITE,
    "-",
    ...(apt === undefined ? [] : [apt]),
  ];
}

type Piped = ReturnType<typeof spawn>;

const exitOf = (child: Piped): Promise<number> =>
  new Promise((resolve, reject) => child.on("error", reject).on("close", (code) => resolve(code ?? 1)));

/** Passes the archive on, and ends the import before it makes an image of half an archive. */
async function pipeWhenGood(make: Piped, load: Piped): Promise<number> {
  if (make.stdout && load.stdin) make.stdout.pipe(load.stdin, { end: false });
  make.on("close", (code) => {
    if (code === 0) load.stdin?.end();
    else load.kill("SIGKILL");
  });
  return exitOf(load);
}

function collect(stream: NodeJS.ReadableStream | null, detail: Detail): string[] {
  const said: string[] = [];
  stream?.setEncoding("utf8").on("data", (text: string | Buffer) => {
    const fresh = withoutAccounts(String(text))
      .split(/[\r\n]+/)
      .filter((line) => line.trim());
    said.push(...fresh);
    if (fresh.length > 0) detail(fresh.at(-1) as string);
  });
  return said;
}

/** What to do without a registry and without mmdebstrap. */
export function baseImageAdvice(failure: string, debianLike: boolean): string {
  const commands = debianLike
    ? ["sudo apt-get update && sudo apt-get install -y mmdebstrap debian-archive-keyring"]
    : [
        `docker save ${DEBIAN_IMAGE} | gzip > debian.tar.gz    # on a machine that reaches a registry`,
        "docker load < debian.tar.gz                          # here",
      ];
  return [
    `${DEBIAN_IMAGE}, which every image builds on, is missing, and no image registry can be reached (${failure}).`,
    debianLike
      ? "Install what makes it from the Debian mirror, then run this again:"
      : "Point Docker at a registry mirror (registry-mirrors in daemon.json), or bring the image along:",
    ...commands.map((command) => `  ${command}`),
  ].join("\n");
}
