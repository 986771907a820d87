import * as pulumi from "@pulumi/pulumi";
import { ApmStack, createDockerPlatform } from "muster";

const port = new pulumi.Config().getNumber("port") ?? 8091;
const platform = createDockerPlatform({ team: "shop", port });
const scope = platform.scope("web", {});
const files = { volume: platform.volume(scope, "files", {}), path: "/workspace", shared: true };

const stack = new ApmStack("shop", {
  platform,
  scope,
  files,
  site: { DOCUMENT_ROOT: "/workspace/public" },
  owner: { php: { timezone: "Europe/Berlin" } },
  published: true,
});

export const url = `http://localhost:${port}`;
export const databasePassword = stack.databasePassword;
