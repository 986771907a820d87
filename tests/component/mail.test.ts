import { beforeAll, describe, expect, test } from "@jest/globals";
import { type RegisteredResource, runProgram } from "../support/program";

/** Where mail goes: whose containers reach the inbox, and what the live server knows of a relay. */
const CONTAINER = "docker:index/container:Container";
const relay = { relay: "smtp.example.org:587", from: "shop@example.org", user: "shop", password: "s3cret-of-mail" };
const run = async (config: object = {}) =>
  (await runProgram({ team: "hackathon", domain: "dev.example.org", members: [{ id: "alice" }], ...config })).resources;

const variables = (resources: readonly RegisteredResource[], name: string): string[] =>
  resources
    .find((resource) => resource.type === CONTAINER && resource.name === name)
    ?.inputs.envs.filter((line: string) => /^(MAIL|SMTP)_/.test(line)) ?? [];

describe("without a relay", () => {
  let resources: RegisteredResource[];
  beforeAll(async () => {
    resources = await run();
  });

  test.each([
    ["alice-web", "alice"],
    ["alice-code", "alice"],
    ["live-web", "live"],
    ["live-deployer", "ci"],
    ["worker-1", "ci"],
  ])("the mail of %s goes to the inbox, from an address that says whose it is", (name, sender) => {
    expect(variables(resources, name)).toEqual([
      `MAIL_FROM=${sender}@dev.example.org`,
      "SMTP_HOST=hackathon-mail",
      "SMTP_PORT=1025",
    ]);
  });

  test.each(["alice-db", "ci", "git", "portal"])("%s sends none", (name) => {
    expect(variables(resources, name)).toEqual([]);
  });
});

test("with a relay, the live server alone sends there, and its password is a secret", async () => {
  const resources = await run({ live: { mail: relay } });
  expect(variables(resources, "live-web")).toEqual([
    "MAIL_FROM=shop@example.org",
    "SMTP_HOST=smtp.example.org",
    "SMTP_PASSWORD=s3cret-of-mail",
    "SMTP_PORT=587",
    "SMTP_TLS=on",
    "SMTP_USER=shop",
  ]);
  const holders = resources.filter(({ inputs }) => JSON.stringify(inputs).includes("s3cret-of-mail"));
  expect(holders.map(({ name }) => name)).toEqual(["live-web"]);
  expect(holders[0]?.secrets.filter((secret) => String(secret).startsWith("SMTP_"))).toEqual([
    "SMTP_PASSWORD=s3cret-of-mail",
  ]);
  expect(variables(resources, "alice-web")).toContain("SMTP_HOST=hackathon-mail");
});

test("in a cluster, its page is for gateway and portal, its SMTP for what runs the team's code", async () => {
  const resources = await run({ target: "kubernetes", registry: { push: "registry.example.org" } });
  const policy = resources.find(({ type, name }) => type.endsWith(":NetworkPolicy") && name === "mail");
  // biome-ignore lint/suspicious/noExplicitAny: a policy's rules, as they were registered.
  const flows = policy?.inputs.spec.ingress.map(({ ports, from }: any) => [
    ports[0].port,
    from[0].podSelector.matchExpressions[0].values,
  ]);
  expect(flows).toEqual([
    [8080, ["gateway", "portal"]],
    [1025, ["code", "deployer", "release-worker", "web", "worker-1"]],
  ]);
  expect(JSON.stringify(policy?.inputs.spec.egress)).not.toContain("ipBlock");
});
