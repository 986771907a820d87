import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { UserError } from "../cli/errors";
import type { Project } from "../cli/project";
import type { EngineName } from "../cli/targets/engines";
import { capture } from "../cli/tools/process";
import type { Team } from "../config/members";

export const TEAM = "bench";
export const PORT = 18070;
/** Of a team that has TLS and sign-in. */
export const DOMAIN = "bench.test";
const STACK = "test-bench";

/** The team that is measured: its own name, port, stack and state. */
export class BenchTeam {
  readonly stackFile: string;

  constructor(
    private readonly project: Project,
    private readonly home: string,
    private readonly where: { readonly target: Team["target"]; readonly registry: string | undefined },
  ) {
    this.stackFile = join(project.root, `Pulumi.${STACK}.yaml`);
    rmSync(this.stackFile, { force: true });
    this.write(1);
  }

  /** @param workers test workers; as many as the roster has by default where it is undefined */
  async up(engine: EngineName, members: number, workers?: number): Promise<void> {
    this.write(members, workers);
    await this.run("up", "--engine", engine);
  }

  /** One member below a domain, with TLS and sign-in. */
  async upWithDomain(engine: EngineName): Promise<void> {
    this.write(1, undefined, { "muster:domain": DOMAIN });
    await this.run("up", "--engine", engine);
  }

  /** @throws UserError with the end of the command's output */
  async run(command: string, ...args: string[]): Promise<void> {
    const { code, stdout, stderr } = await capture(
      process.execPath,
      [join(this.project.root, "scripts/run.mjs"), command, "--stack", STACK, ...args],
      { cwd: this.project.root, env: { ...process.env, MUSTER_HOME: this.home } },
    );
    if (code !== 0) throw new UserError(`npm run ${command} failed:\n${`${stdout}\n${stderr}`.slice(-2000)}`);
  }

  private write(members: number, workers?: number, more: Record<string, unknown> = {}): void {
    const roster = Array.from({ length: members }, (_, index) => ({ id: `m${index + 1}` }));
    const { target, registry } = this.where;
    const config = {
      "muster:team": TEAM,
      "muster:target": target,
      "muster:port": PORT,
      "muster:members": roster,
      // A push to a new name goes live: that is what is measured.
      "muster:ci": { newRepositories: "live", ...(workers === undefined ? {} : { workers }) },
      ...(target === "kubernetes"
        ? { "muster:registry": { push: registry }, "muster:kubernetes": { service: { type: "ClusterIP" }, storage: 1 } }
        : {}),
      ...more,
    };
    // Keeps what Pulumi stores in the file beside the config.
    const before = existsSync(this.stackFile) ? parse(readFileSync(this.stackFile, "utf8")) : {};
    writeFileSync(this.stackFile, stringify({ ...before, config }));
  }
}
