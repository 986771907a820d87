/**
 * Other Pulumi programs use the same components and platforms that Muster's own is made of:
 *
 * ```sh
 * npm install git+https://git.example.org/you/muster.git   # or npm link, or a folder
 * ```
 *
 * ```ts
 * import { ApmStack, createDockerPlatform } from "muster";
 * ```
 *
 * Nothing has to be compiled: the package runs from its sources, with any runtime that Pulumi offers for TypeScript. For
 * their types, `tsconfig.json` needs `"target": "ES2023"` and the module resolution `NodeNext` or `Bundler`. Use the
 * versions of `@pulumi/*` that its package.json names, so that npm installs each once. [examples/](../examples) has
 * whole programs.
 *
 * A platform says where workloads run, a scope whose they are, a component what they are. Resources are named by scope
 * and workload (`alice-web`), so a scope holds one of each; a second platform in a program needs a `prefix`.
 */
export { ApmStack, type ApmStackArgs, type DatabaseAccess } from "./components/apm-stack";
export { type CiAccess, CiRunner, type CiRunnerArgs, type Upstream } from "./components/ci-runner";
export { CodeServer, type CodeServerArgs, type GitAccess } from "./components/code-server";
export { Gateway, type GatewayArgs } from "./components/gateway";
export { GitServer, type GitServerArgs } from "./components/git-server";
export { LiveServer, type LiveServerArgs } from "./components/live-server";
export type { LiveTarget } from "./components/live-target";
export { Mail, type MailAccess, type MailArgs } from "./components/mail";
export { type Credentials, MemberEnvironment, type MemberEnvironmentArgs } from "./components/member-environment";
export { Portal, type PortalArgs } from "./components/portal";
export { TeamEnvironment, type TeamEnvironmentArgs } from "./components/team-environment";
export { loadTeam } from "./config/load";
export { type Member, type Owner, type Registry, resolveTeam, type Team } from "./config/members";
export { liveScope, liveUrl, memberUrl, memberUrls, type PublicAddress, publicUrl, teamUrl } from "./config/naming";
export type { EditorOptions, OwnerOptions } from "./config/options";
export { ConfigError } from "./config/problems";
export { parseTeamConfig } from "./config/schema/team";
export { createPlatform } from "./platform";
export { createDockerPlatform, type DockerPlatformArgs } from "./platform/docker/platform";
export { createKubernetesPlatform, type KubernetesPlatformArgs } from "./platform/kubernetes/platform";
export type { Endpoint, Mount, Platform, PlatformArgs, Scope, VolumeRef, WorkloadSpec } from "./platform/platform";
