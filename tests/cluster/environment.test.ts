import { describe, expect, jest, test } from "@jest/globals";
import { environmentSuite } from "../suites/environment";
import { onKubernetes } from "../support/engines";
import { placeOf } from "../support/environment";
import { everyFlow, expectedFlows, lacking, openFlows } from "../support/flows";
import { type KubernetesEnvironment, placeOfObject } from "../support/kubernetes-environment";

jest.setTimeout(20 * 60_000);

describe.each(onKubernetes())("a cluster's environment brought up by $engine", (engine) =>
  environmentSuite(engine, ownTests),
);

/** On Kubernetes only: labels of objects, confinement of pods, and which flows are open. */
function ownTests(environment: () => KubernetesEnvironment): void {
  test("a namespace for each member, one for the live server, one for the team", async () => {
    const muster = environment();
    expect(await muster.namespaces()).toEqual(
      [undefined, "alice", "bob", "live"].map((member) => muster.namespace(member)),
    );
  });

  test("every object is labelled", async () => {
    const muster = environment();
    for (const namespace of await muster.namespaces()) {
      for (const object of await muster.made(namespace)) {
        const { kind, metadata } = object;
        const { member, component } = placeOfObject(object);
        expect([kind, metadata.name, metadata.labels]).toEqual([
          kind,
          metadata.name,
          expect.objectContaining({
            "muster.team": muster.team,
            "app.kubernetes.io/part-of": "muster",
            "app.kubernetes.io/managed-by": "muster",
            "app.kubernetes.io/component": component,
          }),
        ]);
        expect([kind, metadata.name, muster.namespace(member)]).toEqual([kind, metadata.name, namespace]);
        expect(component).not.toBe("");
      }
    }
  });

  test("every pod is confined and limited, and has no account at the API server", async () => {
    const muster = environment();
    for (const name of Object.keys(await muster.containers())) {
      const { spec } = await muster.pod(name);
      expect([name, spec.securityContext]).toEqual([
        name,
        expect.objectContaining({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } }),
      ]);
      const [container, ...more] = spec.containers;
      expect([name, container.name, more]).toEqual([name, placeOf(name).component, []]);
      expect([name, container.securityContext]).toEqual([
        name,
        expect.objectContaining({ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } }),
      ]);
      expect(Object.keys(container.resources.limits).sort()).toEqual(["cpu", "memory"]);
      const { output } = await muster.shell(name, "grep -h Seccomp: /proc/self/status; ls /var/run/secrets 2>&1");
      expect([name, output]).toEqual([name, expect.stringMatching(/^Seccomp:\s+2\n/)]);
      expect([name, output]).not.toEqual([name, expect.stringContaining("kubernetes.io")]);
    }
  });

  test("passwords are only in Secrets", async () => {
    const muster = environment();
    const output = await muster.succeed("credentials", "--json");
    const passwords = Object.values<Record<string, string>>(JSON.parse(output.slice(output.indexOf("{")))).flatMap(
      (own) => Object.values(own),
    );
    // Three of each member, and the live database's.
    expect(passwords).toHaveLength(7);
    for (const namespace of await muster.namespaces()) {
      for (const { kind, metadata, ...fields } of await muster.made(namespace)) {
        if (kind === "Secret") continue;
        const text = JSON.stringify([metadata, fields]);
        const found = passwords.filter((password) => text.includes(password));
        expect([kind, metadata.name, found]).toEqual([kind, metadata.name, []]);
      }
    }
  });

  test("a privileged pod is rejected in every namespace", async () => {
    const muster = environment();
    for (const namespace of await muster.namespaces()) {
      const { code, output } = await muster.kubectl(
        ...["run", "intruder", "--namespace", namespace, "--image", "example.org/none", "--privileged"],
      );
      expect([namespace, code]).toEqual([namespace, 1]);
      expect(output).toContain('violates PodSecurity "restricted');
      expect(await muster.list("pods", "--namespace", namespace, "--field-selector", "metadata.name=intruder")).toEqual(
        [],
      );
    }
  });

  test("allowed flows connect, all others do not", async () => {
    const muster = environment();
    const flows = await everyFlow(muster);
    const open = await openFlows(muster, flows);
    // A lost DNS answer delays a resolver for as long as a flow may take, so flows that must be open get a second try.
    const late = await openFlows(muster, lacking(flows, open));
    expect([...open, ...late].sort()).toEqual(expectedFlows(flows));
  });
}
