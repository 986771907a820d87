import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { type EngineCase, onKubernetes } from "../support/engines";
import { request } from "../support/http";
import type { KubernetesEnvironment, KubernetesObject } from "../support/kubernetes-environment";
import { eventually } from "../support/poll";

jest.setTimeout(20 * 60_000);

const ALICE = { id: "alice" };
const BOB = { id: "bob" };

describe.each(onKubernetes())("what happens to a cluster's environment brought up by $engine", disturbances);

/** The tests of a block build on each other. What a cluster does by itself is shown with one engine. */
function disturbances({ engine, unavailable, create }: EngineCase<KubernetesEnvironment>): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: KubernetesEnvironment;

  beforeAll(async () => {
    muster = await create("rough");
    muster.configure({ members: [ALICE, BOB] });
  });
  afterAll(() => muster?.dispose());

  const sql = (id: string, statement: string) => muster.shell(`${id}-code`, `mariadb -N -e "${statement}"`);
  const answers = async (host: string) => (await request(muster.url(host))).status === 200;

  async function everythingAnswers() {
    for (const host of ["alice", "bob", "git", "ci", "live"]) {
      await eventually(`an answer of ${host}`, () => answers(host), 180);
    }
  }

  test("a second up heals what an API server that restarts in the middle has cut off", async () => {
    const { restart } = muster.cluster;
    if (restart === undefined) console.warn("The API server of a cluster that was given is not restarted.");
    const first = muster.muster("up");
    await eventually("the middle", async () => (await muster.namespaces()).includes(muster.namespace("alice")), 300);
    await restart?.("kube-apiserver");
    await first;
    await muster.succeed("up");
    await everythingAnswers();
    const before = await muster.containers();
    expect(Object.keys(before)).toHaveLength(16);
    await muster.succeed("up");
    expect(await muster.containers()).toEqual(before);
  });

  if (engine === "pulumi") return;

  test("a deleted pod comes back with its data", async () => {
    const write = "create table kept (word text); insert into kept values ('treasure')";
    expect(await sql("alice", write)).toEqual({ code: 0, output: "" });
    await muster.shell("alice-code", "echo kept > /workspace/app/kept.txt");
    const before = await muster.containers();
    const deleted = ["alice-code", "alice-db", "alice-web"];
    await muster.kubectlSucceed("delete", "pods", "--all", "--namespace", muster.namespace("alice"));
    await eventually(
      "alice's data",
      async () => {
        const { output } = await muster.shell(
          "alice-code",
          "mariadb -N -e 'select word from kept'; cat /workspace/app/kept.txt",
        );
        return output === "treasure\nkept\n" && (await answers("alice"));
      },
      180,
    );
    const after = await muster.containers();
    expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual(deleted);
  });

  test("what exceeds a member's quota is refused, and other members are unaffected", async () => {
    const { spec } = await muster.pod("alice-web");
    const start = (member: string, name: string) =>
      muster.kubectl("create", "--namespace", muster.namespace(member), "--filename", spare(name, spec));
    const [first, second, other] = [
      await start("alice", "spare-1"),
      await start("alice", "spare-2"),
      await start("bob", "spare-1"),
    ];
    // There is room for one more, so that a pod can be replaced.
    expect(first.output).toBe("pod/spare-1 created\n");
    expect(second.code).toBe(1);
    expect(second.output).toContain("exceeded quota");
    expect(other.output).toBe("pod/spare-1 created\n");
    for (const member of ["alice", "bob"]) {
      const pod = ["--namespace", muster.namespace(member), "spare-1"];
      await muster.kubectlSucceed("delete", "pod", ...pod, "--grace-period=0", "--force");
    }
    await everythingAnswers();
  });

  test("a container above the member's limits is refused", async () => {
    const { spec } = await muster.pod("alice-code");
    const [own] = spec.containers;
    const greedy = { ...spec, containers: [{ ...own, resources: { limits: { cpu: "1", memory: "64Gi" } } }] };
    const { code, output } = await muster.kubectl(
      ...["create", "--namespace", muster.namespace("alice"), "--filename", spare("greedy", greedy)],
    );
    expect(code).toBe(1);
    expect(output).toContain("maximum memory usage per Container");
  });

  test("a node that is drained gives everything back when it is uncordoned", async () => {
    const { nodeName } = (await muster.pod("alice-db")).spec;
    const before = await muster.containers();
    try {
      await muster.kubectlSucceed(
        ...["drain", nodeName, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=5m"],
        ...["--pod-selector", `muster.team=${muster.team}`],
      );
      // A pod that has just ended may still be listed, and the one in its place not yet.
      await eventually("pods that wait for a node", async () => {
        const pods = await muster.list("pods", "--namespace", muster.namespace("alice"));
        return pods.length === 3 && pods.every(({ status }) => status.phase === "Pending");
      });
    } finally {
      await muster.kubectlSucceed("uncordon", nodeName);
    }
    await everythingAnswers();
    const after = await muster.containers();
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(Object.values(after).filter((id) => Object.values(before).includes(id))).toEqual([]);
    // A page may answer before the database does.
    await eventually("alice's data", async () => (await sql("alice", "select word from kept")).output === "treasure\n");
  });
}

/** A file with a pod that is confined like a real one, which does nothing. */
function spare(name: string, { containers: [container], securityContext }: KubernetesObject["spec"]): string {
  const { image, resources, securityContext: confined } = container;
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      automountServiceAccountToken: false,
      securityContext,
      containers: [{ name: "spare", image, resources, securityContext: confined, command: ["sleep", "infinity"] }],
    },
  };
  const file = join(mkdtempSync(join(tmpdir(), "muster-pod-")), "pod.json");
  writeFileSync(file, JSON.stringify(pod));
  return file;
}
