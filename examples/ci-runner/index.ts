import * as pulumi from "@pulumi/pulumi";
import { CiRunner, createDockerPlatform, Gateway, GitServer, teamUrl } from "muster";

const port = new pulumi.Config().getNumber("port") ?? 8094;
const address = { domain: "localhost", port };
const platform = createDockerPlatform({ team: "builds", port });
const scope = platform.scope(undefined, {});

const ci = new CiRunner("ci", { platform, scope, url: teamUrl(address, "ci"), team: "builds" });
const git = new GitServer("git", {
  platform,
  scope,
  url: teamUrl(address, "git"),
  accounts: ["alice"],
  repositories: ["app"],
  ci: ci.access,
});
new Gateway("gateway", {
  platform,
  scope,
  domain: address.domain,
  portal: git.endpoint,
  routes: { ci: ci.endpoint, git: git.endpoint },
});

export const url = teamUrl(address, "git");
export const passwords = git.passwords;
