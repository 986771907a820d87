import { expect, test } from "@jest/globals";
import { publishedAddresses } from "../../platform/docker/addresses";
import { type RegisteredResource, register } from "../support/program";

/** `docker:index/container:Container` → `Container` */
const shortName = ({ type, name }: RegisteredResource) => `${type.split(":").pop()} ${name}`;

/** What an example registers, without its images. A program runs when it is first imported: each test has its own. */
async function run(example: string) {
  const { resources, result } = await register(() => require(`../../examples/${example}`));
  const images = resources.filter(({ type }) => type === "docker:index/remoteImage:RemoteImage");
  const others = resources.filter((resource) => !images.includes(resource));
  return { resources, result, images, names: others.map(shortName).sort() };
}

test("one Apache stack without a roster", async () => {
  const { names, resources, images, result } = await run("apm-stack");
  expect(names).toEqual([
    "ApmStack shop",
    "Container web-db",
    "Container web-web",
    "Network network",
    "Network web-network",
    "RandomPassword shop-db-password",
    "Volume web-database",
    "Volume web-files",
  ]);
  expect(images.map(({ name }) => name).sort()).toEqual([
    "image-apache-php",
    "image-base",
    "image-mariadb",
    "image-php",
  ]);
  const web = resources.find(({ name }) => name === "web-web");
  expect(web?.inputs).toMatchObject({
    name: "shop-web-web",
    memory: 384,
    ports: publishedAddresses("127.0.0.1").map((ip) => ({ internal: 13380, external: 8091, ip })),
    envs: expect.arrayContaining(["REPOSITORY=shop", "TZ=Europe/Berlin", "MEMBER_NAME=web"]),
  });
  expect(result.url).toBe("http://localhost:8091");
});

test("two teams in one program", async () => {
  const { names, resources, result } = await run("two-teams");
  expect(new Set(resources.map(({ urn }) => urn)).size).toBe(resources.length);
  const team = (id: string, member: string, ...more: string[]) =>
    [
      `TeamEnvironment ${id}`,
      ...["CiRunner ci", "Gateway gateway", "GitServer git", "LiveServer live", "Mail mail", "Portal portal"],
      ...["ApmStack live", `ApmStack ${member}`, `CodeServer ${member}`, `MemberEnvironment ${member}`],
      ...["ci", "gateway", "git", "mail", "portal", "release-worker", "roster", "worker-1"].map(
        (name) => `Container ${name}`,
      ),
      ...["db", "deployer", "web"].map((name) => `Container live-${name}`),
      ...["code", "db", "web", ...more].map((name) => `Container ${member}-${name}`),
      ...["Network network", "Network network-ci", "Network network-editors", "Network network-workers"],
      ...["Network live-network", `Network ${member}-network`],
      ...["ci-deployer", "ci-git", "ci-release-worker", "ci-worker", "live-db"].map(
        (name) => `RandomPassword ${name}-password`,
      ),
      ...["code", "db", "git"].map((name) => `RandomPassword ${member}-${name}-password`),
      "RandomPassword ci-hook-secret",
      ...["git", "portal"].map((name) => `Volume ${name}-roster`),
      ...["ci", "live-database", "live-releases", "live-shared", "release-worker", "repositories", "worker-1"].map(
        (name) => `Volume ${name}`,
      ),
      ...["database", "home", "workspace"].map((name) => `Volume ${member}-${name}`),
    ].map((name) => (name === `TeamEnvironment ${id}` ? name : name.replace(" ", ` ${id}-`)));
  expect(names).toEqual([...team("red", "alice"), ...team("blue", "bob", "cache")].sort());
  const containers = resources.filter(({ type }) => type === "docker:index/container:Container");
  expect(new Set(containers.map(({ inputs }) => inputs.name)).size).toBe(containers.length);
  const published = containers.flatMap(({ inputs }) => inputs.ports.map((port: { external: number }) => port.external));
  expect([...new Set(published)]).toEqual([8093, 8092]);
  expect(result.urls).toEqual({ red: "http://localhost:8092", blue: "http://localhost:8093" });
});

test("a CI runner with a git server only", async () => {
  const { names, resources } = await run("ci-runner");
  expect(names).toEqual([
    "CiRunner ci",
    "Container ci",
    "Container gateway",
    "Container git",
    "Container roster",
    "Container worker-1",
    "Gateway gateway",
    "GitServer git",
    "Network network",
    "Network network-ci",
    "Network network-editors",
    "Network network-workers",
    "RandomPassword alice-git-password",
    "RandomPassword ci-git-password",
    "RandomPassword ci-hook-secret",
    "RandomPassword ci-release-worker-password",
    "RandomPassword ci-worker-password",
    "Volume ci",
    "Volume git-roster",
    "Volume repositories",
    "Volume worker-1",
  ]);
  const master = resources.find(({ type, name }) => name === "ci" && type.endsWith(":Container"));
  const settings = master?.inputs.envs.find((line: string) => line.startsWith("CI_SETTINGS="));
  expect(JSON.parse(settings.replace("CI_SETTINGS=", "")).deploys).toBe(false);
});
