import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../cli/errors";
import type { Progress } from "../../cli/progress";
import { aptInstall } from "../../cli/tools/apt";
import { capture } from "../../cli/tools/process";
import { compareVersions } from "../../cli/tools/version";

/** The first version that fetches a go.mod's toolchain by itself. */
const FETCHES_TOOLCHAINS = "1.21";

/** Where a go command may be; a name without a path is looked for in PATH. */
export const GO_PLACES = ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go"];

/**
 * A go command that can build a module for Go `version`: the machine's, or else Debian's, which this installs.
 *
 * @throws UserError where the toolchain cannot be fetched
 */
export async function findGo(progress: Progress, version: string): Promise<string> {
  let found = await installed();
  if (found === undefined) {
    await aptInstall(progress, ["golang-go", "ca-certificates"]);
    found = await installed();
  }
  if (found === undefined) throw new UserError("Debian's golang-go was installed, but there is no go command");
  const { go } = found;
  return compareVersions(found.version, FETCHES_TOOLCHAINS) >= 0
    ? go
    : progress.step(`Fetching Go ${version} (Go module proxy)`, () => fetchToolchain(go, version));
}

async function installed(): Promise<{ go: string; version: string } | undefined> {
  for (const go of GO_PLACES) {
    const { code, stdout } = await capture(go, ["env", "GOVERSION"]);
    if (code === 0) return { go, version: stdout.trim().replace(/^go/, "") };
  }
  return undefined;
}

/** Toolchains are modules: older versions of Go can download them, but not start them. */
async function fetchToolchain(go: string, version: string): Promise<string> {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const module = `golang.org/toolchain@v0.0.1-go${version}.linux-${arch}`;
  const cwd = mkdtempSync(join(tmpdir(), "muster-go-"));
  const env = { ...process.env, GO111MODULE: "on", GOFLAGS: "-mod=mod" };
  const { code, stdout, stderr } = await capture(go, ["mod", "download", "-json", module], { cwd, env });
  rmSync(cwd, { recursive: true });
  if (code !== 0) throw new UserError(`go mod download ${module} failed: ${stderr.trim() || stdout.trim()}`);
  const { Dir: root } = JSON.parse(stdout) as { Dir: string };
  // Module archives do not keep file modes.
  const tools = join(root, "pkg/tool");
  for (const folder of [join(root, "bin"), ...readdirSync(tools).map((name) => join(tools, name))]) {
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755);
  }
  return join(root, "bin/go");
}
