import { describe, expect, test } from "@jest/globals";
import { teamConfig } from "../../config/schema/team";
import { renderCompose } from "../../export/compose";
import { concealSecrets, fillSecrets, manifestYaml, renderManifests } from "../../export/manifests";
import { recordProgram } from "../../export/record";
import type { Recording } from "../../export/recording";
import { configStrings } from "../support/config";
import { secretPaths, withValue } from "../support/secrets";

const base = {
  team: "hackathon",
  members: [{ id: "alice" }],
  upstream: { provider: "github", url: "https://github.com/our-team" },
  registry: { push: "registry.example.org/dev" },
  live: { mail: { relay: "smtp.example.org:587", from: "shop@example.org", user: "shop" } },
};

const secretAt = (path: readonly string[]) => `value-of-${path.join("-")}`;
/** Every secret that the config can give; maps have one key, and lists the entry of base. */
const paths = secretPaths(teamConfig).map((path) => path.map((key) => (key === "*" ? "ANY" : key)));
const values = paths.map(secretAt);
const [ofMembers = [], ...others] = paths;
const config = others.reduce<Record<string, unknown>>((raw, path) => withValue(raw, path, secretAt(path)), {
  ...base,
  members: [{ id: "alice", environment: { ANY: secretAt(ofMembers) } }],
});
const record = (raw: Record<string, unknown>) =>
  recordProgram({ project: "muster", stack: "test", config: configStrings(raw) });

/** Plainly, or in base64 at any of its three offsets. */
const forms = (value: string) => [
  value,
  ...[0, 1, 2].map((offset) =>
    Buffer.from(" ".repeat(offset) + value)
      .toString("base64")
      .slice(4, -4),
  ),
];
const expectNone = (written: string) => {
  for (const form of values.flatMap(forms)) expect(written).not.toContain(form);
};

/** Inputs of every resource: images' arguments, the portal's config and the roster are among them. */
const inputs = ({ resources }: Recording) => JSON.stringify(resources);

describe("no secret of the config is written", () => {
  test("into a compose file, or what leads to it", async () => {
    const recording = await record({ ...config, target: "docker" });
    expectNone(inputs(recording));
    const { yaml, images, secrets } = renderCompose(recording);
    expectNone(yaml + JSON.stringify(images));
    expect(secrets.flatMap(({ given }) => given ?? []).sort()).toEqual([...values].sort());
    expect(yaml).toContain("UPSTREAM_TOKEN=${UPSTREAM_TOKEN}");
    expect(yaml).toContain("SMTP_PASSWORD=${LIVE_MAIL_PASSWORD}");
  });

  test("into manifests, or what leads to them", async () => {
    const recording = await record({ ...config, target: "kubernetes" });
    expectNone(inputs(recording));
    const { namespaces, secrets } = renderManifests(recording);
    const known = Object.fromEntries(secrets.map(({ name, given }) => [name, given ?? `generated-${name}`]));
    const shown = namespaces.map(({ objects }) => manifestYaml(concealSecrets(objects, fillSecrets(objects, known))));
    expectNone(shown.join(""));
    expect(shown.join("")).toContain('"username":"${REGISTRY_USER}","password":"${REGISTRY_PASSWORD}"');
    expect(recording.given).toEqual({
      LIVE_MAIL_PASSWORD: "value-of-live-mail-password",
      REGISTRY_PASSWORD: "value-of-registry-password",
      REGISTRY_USER: "value-of-registry-user",
      UPSTREAM_TOKEN: "value-of-upstream-token",
      UPSTREAM_WEBHOOK_SECRET: "value-of-upstream-webhookSecret",
      _DEFAULTS_ENVIRONMENT_ANY: "value-of-defaults-environment-ANY",
      _ENVIRONMENT_ANY: "value-of-environment-ANY",
      _LIVE_ENVIRONMENT_ANY: "value-of-live-environment-ANY",
      _MEMBERS_alice_ENVIRONMENT_ANY: "value-of-members-ANY-environment-ANY",
    });
  });
});

test.each(["\uE000ALICE_DB_PASSWORD\uE001", "<secret-00000000-0000-4000-8000-000000000000:ALICE_DB_PASSWORD>"])(
  "a member's name is never taken for a secret: %j",
  async (name) => {
    const { yaml } = renderCompose(await record({ team: "hackathon", members: [{ id: "alice", name }] }));
    const portal = yaml.split("\n").find((line) => line.includes("PORTAL_PORTAL_CONFIG="));
    expect(portal).toContain("alice");
    expect(portal).not.toContain("$");
    expect(yaml).toContain("DB_PASSWORD=${ALICE_DB_PASSWORD}");
  },
);
