import { beforeAll, describe, expect, test } from "@jest/globals";
import { generatedPassword, type RegisteredResource, runProgram } from "../support/program";

/** The sign-in: what it knows, who knows its key, and that nothing changes where nobody signs in. */
const CONTAINER = "docker:index/container:Container";
const members = [{ id: "alice", name: "Alice Kim" }, { id: "bob" }, { id: "carol", role: "organiser" }];
const run = async (config: object) => (await runProgram({ team: "hackathon", members, ...config })).resources;

function variables(resources: readonly RegisteredResource[], container: string): Record<string, string> {
  const lines = resources.find(({ type, name }) => type === CONTAINER && name === container)?.inputs.envs as string[];
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
}

const secrets = (password: (id: string) => string, ...more: string[]) =>
  [...members.map(({ id }) => id), ...more].map((id) => `${id}:${generatedPassword(password(id))}`).join(" ");

describe("on a domain", () => {
  let resources: RegisteredResource[];
  beforeAll(async () => {
    resources = await run({ domain: "dev.test", visibility: { ci: "public" } });
  });

  test("the access service has the roster, and every log-in that it introduces members with", () => {
    const names = ["ACCESS_CONFIG", "ACCESS_DATABASES", "ACCESS_EDITORS", "ACCESS_PASSWORDS"];
    expect(variables(resources, "access")).toEqual({
      ...Object.fromEntries(names.map((name) => [`${name}_FILE`, `/run/roster/${name}`])),
      GATEWAY_KEY: generatedPassword("access-gateway-key"),
    });
    const roster = variables(resources, "roster");
    expect(roster).toMatchObject({
      ACCESS_ACCESS_DATABASES: secrets((id) => `${id}-db-password`, "live"),
      ACCESS_ACCESS_EDITORS: secrets((id) => `${id}-code-password`),
      ACCESS_ACCESS_PASSWORDS: secrets((id) => `${id}-git-password`),
    });
    expect(JSON.parse(roster.ACCESS_ACCESS_CONFIG as string)).toEqual({
      team: "hackathon",
      url: "https://dev.test",
      levels: {
        ci: "public",
        database: "owner",
        editor: "owner",
        git: "team",
        live: "public",
        mail: "team",
        portal: "team",
        site: "team",
      },
      ports: "hackathon-{member}-code:13338",
      members: [{ id: "alice", name: "Alice Kim" }, { id: "bob" }, { id: "carol", role: "organiser" }],
    });
  });

  test("the gateway knows where to ask, and it alone has the key besides", () => {
    expect(variables(resources, "gateway")).toMatchObject({
      GATEWAY_ACCESS: "hackathon-access:8080",
      GATEWAY_KEY: generatedPassword("access-gateway-key"),
      GATEWAY_LEVELS: "ci=public database=owner editor=owner git=team live=public mail=team portal=team site=team",
    });
    const holders = resources.filter(
      ({ type, inputs }) => type === CONTAINER && JSON.stringify(inputs).includes("access-gateway-key"),
    );
    expect(holders.map(({ name }) => name).sort()).toEqual(["access", "gateway"]);
  });
});

test("on localhost there is no access service, and no other container differs for it", async () => {
  const [local, asked] = [await run({}), await run({ visibility: {} })];
  const containers = (resources: readonly RegisteredResource[]) =>
    new Map(resources.filter(({ type }) => type === CONTAINER).map(({ name, inputs }) => [name, inputs]));
  const [without, having] = [containers(local), containers(asked)];
  expect([...having.keys()].filter((name) => !without.has(name))).toEqual(["access"]);
  for (const [name, inputs] of without) {
    if (["gateway", "roster"].includes(name) || name.endsWith("-code")) continue;
    expect([name, having.get(name)]).toEqual([name, inputs]);
  }
  for (const { id } of members) {
    const { SIGN_IN, ...others } = variables(asked, `${id}-code`);
    expect([SIGN_IN, others]).toEqual(["on", variables(local, `${id}-code`)]);
  }
  expect(Object.keys(variables(local, "gateway")).filter((name) => /ACCESS|KEY|LEVELS/.test(name))).toEqual([]);
});

test("on a cluster, only the gateway reaches it", async () => {
  const resources = await run({
    target: "kubernetes",
    domain: "dev.test",
    registry: { push: "registry.example.org/muster" },
  });
  const policy = resources.find(
    ({ type, name }) => type === "kubernetes:networking.k8s.io/v1:NetworkPolicy" && /(^|-)access$/.test(name),
  );
  expect(policy?.inputs.spec.ingress).toHaveLength(1);
  expect(JSON.stringify(policy?.inputs.spec.ingress)).toContain("gateway");
});

test.each([
  ["an Ingress that ends TLS", { ingress: { tlsSecret: "tls" } }, "https://dev.test"],
  ["a Gateway that ends TLS", { gatewayApi: { gateway: "public", namespace: "edge", tls: true } }, "https://dev.test"],
  ["an Ingress without TLS", { ingress: {} }, "http://dev.test:443"],
])("behind %s members sign in, from the address that it tells", async (_, kubernetes, url) => {
  const proxies = url.startsWith("https") ? ["10.244.0.0/16"] : [];
  const resources = await run({
    ...{ target: "kubernetes", domain: "dev.test", port: 443, kubernetes, proxies },
    registry: { push: "registry.example.org/muster" },
  });
  const gateway = resources.find(({ type, name }) => type === "kubernetes:apps/v1:Deployment" && name === "gateway");
  const [container] = gateway?.inputs.spec.template.spec.containers ?? [];
  const variable = (name: string) => container.env.find((each: { name: string }) => each.name === name)?.value;
  expect(variable("GATEWAY_ACCESS")).toBe("access.muster-hackathon.svc.cluster.local:8080");
  expect(variable("GATEWAY_SCHEME")).toBe(url.startsWith("https") ? "https" : undefined);
  expect(variable("GATEWAY_PROXIES")).toBe(proxies[0]);
  const secret = resources.find(
    ({ type, inputs }) => type === "kubernetes:core/v1:Secret" && inputs.metadata.name === "access-roster",
  );
  expect(JSON.parse(secret?.inputs.stringData.ACCESS_CONFIG).url).toBe(url);
});
