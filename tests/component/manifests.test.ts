import { beforeAll, describe, expect, test } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { namespacesOf, workloadNames } from "../../cli/targets/kubernetes/target";
import { resolveTeam } from "../../config/members";
import { parseTeamConfig } from "../../config/schema/team";
import {
  concealSecrets,
  fillSecrets,
  type Manifest,
  type ManifestExport,
  manifestYaml,
  renderManifests,
} from "../../export/manifests";
import { recordProgram } from "../../export/record";
import { standIn } from "../../export/recording";
import { configStrings } from "../support/config";

/** The whole program as kubectl receives it. */
const raw = {
  team: "hackathon",
  target: "kubernetes",
  members: [
    { id: "alice", name: "Alice $HOME" },
    { id: "bob", cache: "redis" },
  ],
  registry: { push: "registry.example.org/dev", user: "puller", password: "pull-password" },
  upstream: { provider: "github", url: "https://github.com/our-team", token: "upstream-token" },
};

const config = configStrings(raw);
const team = resolveTeam(parseTeamConfig(raw));
const record = () => recordProgram({ project: "muster", stack: "test", config });

/** `value-of-NAME` for each secret, or as the config gives it. */
const valuesOf = ({ secrets }: ManifestExport, suffix = "") =>
  Object.fromEntries(secrets.map(({ name, given }) => [name, given ?? `value-of-${name}${suffix}`]));

describe("the manifests", () => {
  let written: ManifestExport;
  let filled: readonly Manifest[];
  const fill = (suffix?: string) =>
    written.namespaces.flatMap(({ objects }) => fillSecrets(objects, valuesOf(written, suffix)));
  const find = (objects: readonly Manifest[], kind: string, namespace: string, name: string): Manifest => {
    const found = objects.find(
      (object) => object.kind === kind && object.metadata.namespace === namespace && object.metadata.name === name,
    );
    if (found === undefined) throw new Error(`there is no ${kind} ${namespace}/${name}`);
    return found;
  };
  const hashOf = (objects: readonly Manifest[], namespace: string, name: string, kind = "Deployment") =>
    find(objects, kind, namespace, name).spec.template.metadata.annotations["muster.secrets"];

  beforeAll(async () => {
    written = renderManifests(await record());
    filled = fill();
  }, 60_000);

  test("have a file for each namespace, which begins with the namespace itself", () => {
    expect(written.namespaces.map(({ namespace }) => namespace)).toEqual(namespacesOf(team).sort());
    for (const { namespace, objects } of written.namespaces) {
      expect(objects[0]).toMatchObject({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
      for (const { metadata } of objects.slice(1)) expect(metadata.namespace).toBe(namespace);
    }
  });

  test("have every workload", () => {
    const found = filled
      .filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet")
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(found.sort()).toEqual(workloadNames(team).sort());
  });

  test("put what others refer to first", () => {
    const order = [
      "Namespace",
      "NetworkPolicy",
      "PersistentVolumeClaim",
      "Secret",
      "Service",
      "StatefulSet",
      "Deployment",
    ];
    for (const { objects } of written.namespaces) {
      const ranks = objects.map(({ kind }) => order.indexOf(kind)).filter((rank) => rank >= 0);
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    }
  });

  test("are the same at every run", async () => {
    const again = renderManifests(await record());
    expect(again).toEqual(written);
    const yaml = (exported: ManifestExport) => exported.namespaces.map(({ objects }) => manifestYaml(objects));
    expect(yaml(again)).toEqual(yaml(written));
  }, 60_000);

  test("are whole: no undefined, no engine's annotation, every object with the team's label", () => {
    const text = JSON.stringify(filled);
    expect(text).not.toContain("undefined");
    expect(text).not.toContain("pulumi.com/");
    for (const { metadata } of filled) expect(metadata.labels?.["muster.team"]).toBe("hackathon");
  });

  test("hide secrets until they are filled in", () => {
    const { objects = [] } = written.namespaces.find(({ namespace }) => namespace === "muster-hackathon-alice") ?? {};
    const yaml = manifestYaml(concealSecrets(objects, fillSecrets(objects, valuesOf(written))));
    const secrets = parseAllDocuments(yaml)
      .map((document) => document.toJSON())
      .filter(({ kind }) => kind === "Secret");
    expect(secrets.find(({ metadata }) => metadata.name === "code").stringData).toEqual({
      DB_PASSWORD: "${ALICE_DB_PASSWORD}",
      GIT_PASSWORD: "${ALICE_GIT_PASSWORD}",
      PASSWORD: "${ALICE_CODE_PASSWORD}",
    });
    expect(yaml).not.toContain("value-of-");
    expect(yaml).not.toContain(Buffer.from("value-of-ALICE_DB_PASSWORD").toString("base64"));
  });

  test("hold secrets nowhere but in Secrets", () => {
    const values = Object.values(valuesOf(written));
    const others = JSON.stringify(filled.filter(({ kind }) => kind !== "Secret"));
    for (const value of values) expect(others).not.toContain(value);
  });

  test("have the values in the Secrets' data once they are filled in", () => {
    const { data, stringData } = find(filled, "Secret", "muster-hackathon-alice", "code");
    expect(stringData).toBeUndefined();
    expect(Buffer.from(data.PASSWORD, "base64").toString()).toBe("value-of-ALICE_CODE_PASSWORD");
  });

  test("give the nodes the registry's account, whose password is a secret like others", () => {
    expect(written.secrets).toContainEqual({ name: "REGISTRY_PASSWORD", length: 13, given: "pull-password" });
    const secret = filled.find(({ kind, type }) => kind === "Secret" && type === "kubernetes.io/dockerconfigjson");
    expect(JSON.parse(Buffer.from(secret?.data[".dockerconfigjson"], "base64").toString())).toEqual({
      auths: { "registry.example.org": { username: "puller", password: "pull-password" } },
    });
    expect(JSON.stringify(written.namespaces)).not.toContain("pull-password");
  });

  test("replace the pods that are given a secret which changed, and no others", () => {
    const changed = written.namespaces.flatMap(({ objects }) =>
      fillSecrets(objects, { ...valuesOf(written), ALICE_CODE_PASSWORD: "another" }),
    );
    const alice = "muster-hackathon-alice";
    expect(hashOf(fill(), alice, "code", "StatefulSet")).toBe(hashOf(filled, alice, "code", "StatefulSet"));
    expect(hashOf(changed, alice, "code", "StatefulSet")).not.toBe(hashOf(filled, alice, "code", "StatefulSet"));
    expect(hashOf(changed, alice, "web")).toBe(hashOf(filled, alice, "web"));

    const hired = written.namespaces.flatMap(({ objects }) =>
      fillSecrets(objects, { ...valuesOf(written), CI_WORKER_PASSWORD: "another" }),
    );
    const team = "muster-hackathon";
    expect(hashOf(hired, team, "worker-1", "StatefulSet")).not.toBe(hashOf(filled, team, "worker-1", "StatefulSet"));
  });
});

describe("a recording", () => {
  const kubernetes = (inputs: object) => ({ type: "kubernetes:core/v1:ConfigMap", name: "x", inputs });
  const recording = (...resources: { type: string; name: string; inputs: unknown }[]) => ({
    resources,
    given: {},
    outputs: undefined as never,
  });

  test("with a resource of another provider is refused", () => {
    const bucket = { type: "aws:s3/bucket:Bucket", name: "files", inputs: {} };
    expect(() => renderManifests(recording(bucket))).toThrow('aws:s3/bucket:Bucket "files" is no Kubernetes object');
  });

  test("with a secret outside of a Secret is refused", () => {
    const leak = kubernetes({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace: "n" },
      data: { PASSWORD: standIn("ALICE_DB_PASSWORD") },
    });
    expect(() => renderManifests(recording(leak))).toThrow("ConfigMap settings holds the secret ALICE_DB_PASSWORD");
  });

  test("keeps annotations that are not the engine's", () => {
    const annotated = kubernetes({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "a",
        namespace: "n",
        annotations: { "pulumi.com/skipAwait": "true", "example.org/kept": "yes" },
      },
    });
    const [namespace] = renderManifests(recording(annotated)).namespaces;
    expect(namespace?.objects[0]?.metadata.annotations).toEqual({ "example.org/kept": "yes" });
  });

  test("without a value for a secret is not filled in", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { A: standIn("GONE") } };
    expect(() => fillSecrets([secret], {})).toThrow("the secret GONE has no value");
  });
});
