import { expect, test } from "@jest/globals";
import { CiRunner, createDockerPlatform, createKubernetesPlatform, GitServer, MemberEnvironment } from "../../library";
import { type RegisteredResource, register } from "../support/program";
import { startsOf } from "../support/starts";

/** Components as a program of its own has them, without a roster behind them. */

const url = "http://ci.localhost:8080";

const environment = (resources: readonly RegisteredResource[], container: string): string[] =>
  resources.find(({ type, name }) => name === container && type.endsWith(":Container"))?.inputs.envs;

test("what is left out has the roster's defaults", async () => {
  const { resources } = await register(() => {
    const platform = createDockerPlatform({ team: "shop" });
    const ci = new CiRunner("ci", { platform, scope: platform.scope(undefined, {}), url });
    return [ci, new MemberEnvironment("alice", { platform, member: { id: "alice" } })];
  });
  expect(environment(resources, "alice-web")).toEqual(
    expect.arrayContaining(["REPOSITORY=app", "MEMBER_NAME=alice", "PHP_MEMORY_LIMIT=128"]),
  );
  const editor = environment(resources, "alice-code");
  expect(editor).toContain("MEMBER_EMAIL=alice@localhost");
  expect(editor.filter((line) => line.startsWith("GIT_"))).toEqual([]);
  const settings = environment(resources, "ci").find((line) => line.startsWith("CI_SETTINGS=")) ?? "";
  expect(JSON.parse(settings.replace("CI_SETTINGS=", ""))).toMatchObject({
    deployBranch: "main",
    timeout: 600,
    deploys: false,
  });
});

test("a proxy of the roster's leads to nothing of the team's own", async () => {
  const roster = (environment: object) => ({ domain: "dev.example.org", environment, members: [{ id: "alice" }] });
  const exceptions = async (environment: object) => {
    const starts = await startsOf([roster(environment)]);
    return Object.fromEntries(
      starts.flatMap(({ component, env }) => (env.NO_PROXY === undefined ? [] : [[component, env.NO_PROXY]])),
    );
  };
  const own = "localhost,127.0.0.1,::1,dev.example.org,.dev.example.org";
  expect(await exceptions({ HTTPS_PROXY: "http://proxy.example.org:3128", no_proxy: "10.0.0.0/8" })).toEqual({
    web: `10.0.0.0/8,${own}`,
    code: `10.0.0.0/8,${own},muster-git,.muster-git`,
    deployer: `10.0.0.0/8,${own},muster-git,.muster-git`,
  });
  const both = { http_proxy: "http://proxy.example.org:3128", NO_PROXY: "a.example", no_proxy: "b.example" };
  expect(await exceptions(both)).toHaveProperty("web", `a.example,b.example,${own}`);
  const same = { ...both, no_proxy: "a.example" };
  expect(await exceptions(same)).toHaveProperty("web", `a.example,${own}`);
  expect(await exceptions({ ...both, NO_PROXY: "*" })).toEqual({ web: "*", code: "*", deployer: "*" });
  expect(await exceptions({ NO_PROXY: "example.org" })).toEqual({
    web: "example.org",
    code: "example.org",
    deployer: "example.org",
  });
  expect(await exceptions({})).toEqual({});
});

test("on Kubernetes, a namespace has bounds when its owner is known", async () => {
  const { resources } = await register(() => {
    const platform = createKubernetesPlatform({ team: "shop" });
    platform.scope("alice", {});
  });
  expect(resources.map(({ name }) => name)).not.toContain("alice-quota");
  expect(resources.map(({ name }) => name)).toContain("alice-default-deny");
});

const platform = () => createDockerPlatform({ team: "shop" });
test.each<[string, () => unknown, RegExp]>([
  [
    "a team's id",
    () => createDockerPlatform({ team: "a-b" }),
    /^team "a-b" is not a valid id: use 1–20 of a-z and 0-9/,
  ],
  [
    "the name of a network of Docker's",
    () => createDockerPlatform({ team: "host" }),
    /^team "host" is a network of Docker's own .*: choose another name$/,
  ],
  [
    "a cluster's options",
    () => createKubernetesPlatform({ team: "shop", cluster: { storage: 0 } }),
    /kubernetes\/storage: 0 /,
  ],
  [
    "a runner's settings",
    () => new CiRunner("ci", { platform: platform(), scope: { member: undefined }, url, settings: { workers: 99 } }),
    /^ {2}ci\/workers: 99 /m,
  ],
  [
    "no account",
    () => {
      const shop = platform();
      const scope = shop.scope(undefined, {});
      const ci = new CiRunner("ci", { platform: shop, scope, url });
      new GitServer("git", { platform: shop, scope, url, accounts: [], ci: ci.access });
    },
    /^git server "git" has no account: name one in accounts$/,
  ],
])("%s that cannot be used is refused", async (_, create, message) => {
  await expect(register(create)).rejects.toThrow(message);
});
