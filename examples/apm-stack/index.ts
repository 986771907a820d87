import { ApmStack, createDockerPlatform } from "muster";

const platform = createDockerPlatform({ team: "shop", port: 8091 });
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

export const url = "http://localhost:8091";
export const databasePassword = stack.databasePassword;
