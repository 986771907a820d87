import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { UserError } from "../../cli/errors";
import type { Progress } from "../../cli/progress";
import { aptAccess, aptInstall } from "../../cli/tools/apt";
import { capture, lines } from "../../cli/tools/process";
import type { StartedCluster } from "./cluster";
import { findGo } from "./cluster-go";

export const SOURCES = resolve(__dirname, "../one-node-cluster");

/** Where the program itself puts it. */
const FOLDER = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "muster-test-cluster");

/** Debian's packages, each with one of its files; the file may also come from elsewhere. */
const PACKAGES: Readonly<Record<string, string>> = {
  containerd: "containerd",
  runc: "runc",
  "docker-registry": "docker-registry",
  nftables: "nft",
  iptables: "iptables",
  "containernetworking-plugins": "/usr/lib/cni/bridge",
};

const PROGRAM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Exit status of `cluster status` when it is not running. */
const NOT_RUNNING = 3;

/** Why this machine cannot run the repository's own cluster; undefined when it can. */
export function unsupported(): string | undefined {
  const { debianLike, root } = aptAccess();
  if (process.platform === "linux" && debianLike && root) return undefined;
  return "set KUBECONFIG, or install kind; the repository's own cluster needs root on Debian or Ubuntu";
}

/** Builds the cluster's program if it has changed, and starts the cluster. `stop` leaves one that ran before. */
export async function startOwnCluster(progress: Progress): Promise<StartedCluster> {
  const program = await buildClusterProgram(progress);
  const ranBefore = (await capture(program, ["status"])).code !== NOT_RUNNING;
  await progress.step("Starting the test cluster", async (detail) => {
    const output: string[] = [];
    const code = await lines(program, ["up"], (line) => {
      detail(line);
      output.push(line);
    });
    if (code !== 0) throw new UserError(`the test cluster does not start:\n${output.join("\n")}`);
  });
  return {
    kubeconfig: join(FOLDER, "kubeconfig"),
    kubectl: join(dirname(program), "kubectl"),
    registry: "127.0.0.1:5000",
    program,
    stop: async () => {
      if (!ranBefore) await stopCluster(progress, program);
    },
  };
}

async function stopCluster(progress: Progress, program: string): Promise<void> {
  await progress.step("Stopping the test cluster", async () => {
    const { code, stdout, stderr } = await capture(program, ["down"]);
    if (code !== 0) throw new UserError(`the test cluster does not stop:\n${stdout}${stderr}`);
  });
}

/**
 * Builds tests/one-node-cluster and installs what it runs on, each where it is missing.
 *
 * @param beside whether the build only takes what others leave of the machine
 * @default false
 * @returns the path of the program; kubectl and the pause program are beside it
 */
export async function buildClusterProgram(progress: Progress, beside = false): Promise<string> {
  await installPackages(progress);
  const module = readFileSync(join(SOURCES, "go.mod"), "utf8");
  const go = await findGo(progress, required(module, /^go (\S+)$/m));
  const version = await capture(go, ["version"], { cwd: SOURCES });
  const folder = join(FOLDER, "bin", sourceHash(version.stdout));
  const program = join(folder, "cluster");
  if (existsSync(program)) return program;

  const partial = `${folder}.partial`;
  mkdirSync(partial, { recursive: true });
  await progress.step("Building the test cluster (about ten minutes the first time)", async (detail) => {
    const last: string[] = [];
    const flags = versionFlags(required(module, /^\s+k8s\.io\/kubernetes v(\S+)$/m));
    const [file = go, ...niceness] = beside ? ["nice", "-n", "19", go] : [go];
    const code = await lines(
      file,
      [...niceness, "build", "-v", "-trimpath", "-ldflags", flags, "-o", `${partial}/`, ".", "./pause"],
      (line) => {
        detail(line);
        last.push(line);
      },
      { cwd: SOURCES, env: { ...process.env, ...GO_ENVIRONMENT } },
    );
    if (code !== 0) throw new UserError(`go build failed:\n${last.slice(-15).join("\n")}`);
  });
  renameSync(partial, folder);
  removeOthers(folder);
  return program;
}

/** For every go command here: with the same flags they share the build cache. */
export const GO_ENVIRONMENT = { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOTOOLCHAIN: "auto", GOWORK: "off" };

async function installPackages(progress: Progress): Promise<void> {
  const missing = Object.entries(PACKAGES).flatMap(([name, file]) => (isInstalled(file) ? [] : [name]));
  if (missing.length === 0) return;
  await aptInstall(progress, missing);
  // The package starts a registry on the port that the cluster's needs.
  if (missing.includes("docker-registry") && existsSync("/run/systemd/system")) {
    await capture("systemctl", ["disable", "--now", "docker-registry"]);
  }
}

const isInstalled = (file: string): boolean =>
  file.startsWith("/") ? existsSync(file) : PROGRAM_FOLDERS.some((folder) => existsSync(join(folder, file)));

/** What `kubectl version` and the API server answer; Kubernetes' modules do not know their version themselves. */
function versionFlags(version: string): string {
  const [major, minor] = version.split(".");
  const values = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
  const set = packages.flatMap((name) => Object.entries(values).map(([key, value]) => `-X ${name}.${key}=${value}`));
  return ["-s -w", ...set].join(" ");
}

/** The packages that have tests, as `go test` takes them. */
export const testedPackages = (): string[] => [
  ...new Set(
    readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith("_test.go"))
      .map((path) => `./${dirname(path)}`)
      .sort(),
  ),
];

function sourceHash(goVersion: string): string {
  const hash = createHash("sha256").update(goVersion);
  const files = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/(_test\.go|\.md)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(`\0${relative(SOURCES, file)}\0`).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

/** A cluster that still runs from an older folder is stopped by the new program's `up`. */
function removeOthers(folder: string): void {
  for (const name of readdirSync(dirname(folder))) {
    const other = join(dirname(folder), name);
    if (other !== folder) rmSync(other, { recursive: true });
  }
}

function required(text: string, pattern: RegExp): string {
  const value = pattern.exec(text)?.[1];
  if (value === undefined) throw new Error(`${join(SOURCES, "go.mod")} has no line like ${pattern}`);
  return value;
}
