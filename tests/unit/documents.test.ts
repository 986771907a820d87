import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { type Access, requiredAccess } from "../../cli/targets/kubernetes/permissions";

const root = join(__dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const documents = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .sort(),
];

const withoutCode = (markdown: string): string => markdown.replace(/^```.*?^```$/gms, "");

test.each(documents)("%s has no link that leads nowhere", (path) => {
  const links = [...withoutCode(read(path)).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
  const broken = links.filter(([, file, anchor]) => {
    const target = file ? join(dirname(path), file) : path;
    return !existsSync(join(root, target)) || (anchor !== undefined && !anchors(target).includes(anchor));
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

test.each(documents.filter((path) => path !== "docs/roster.md"))("%s has no prose beyond column 120", (path) => {
  const lines = withoutCode(read(path)).split("\n");
  expect(lines.filter((line) => line.length > 120 && !/^(?:\||!\[)/.test(line))).toEqual([]);
});

/** As forges make them from headings. */
const anchors = (path: string): string[] =>
  [...withoutCode(read(path)).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );

describe("architecture.md", () => {
  const page = read("docs/architecture.md");

  test("its map has every folder of the project, and nothing else", () => {
    const [, map = ""] = page.match(/^## Where is what\n+```\n(.*?)^```/ms) ?? [];
    const folders: string[] = [];
    const paths = map
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [, indent = "", name = ""] = line.match(/^( *)(\S+) {2,}\S/) ?? [];
        folders.splice(indent.length / 2);
        folders.push(name);
        return folders.join("");
      });
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const ofCode = ["cli", "config", "platform"].flatMap((parent) => [parent, ...foldersIn(parent)]);
    const top = foldersIn(".").filter((name) => !name.startsWith(".") && name !== "node_modules");
    expect(paths).toEqual(expect.arrayContaining([...ofCode, ...top].map((path) => `${path}/`)));
  });

  /** A name without a folder lies beside the one before it in the same paragraph or row. */
  test("the files that it names exist", () => {
    const missing: string[] = [];
    for (const passage of withoutCode(page).split(/\n\n|\n(?=[|-] )/)) {
      let folder = "";
      for (const [, name = ""] of passage.matchAll(/`([\w./-]+)`/g)) {
        const path = existsSync(join(root, name.split("/")[0] as string)) ? name : join(folder, name);
        if (!/^\w.*(?:\/|\.(?:ts|mjs|py|sh|ini))$/.test(name)) continue;
        if (!existsSync(join(root, path))) missing.push(name);
        folder = name.endsWith("/") ? path : dirname(path);
      }
    }
    expect(missing).toEqual([]);
  });

  test("its tree has every image", () => {
    const [, tree = ""] = page.match(/^## Images\n+```\n(.*?)^```/ms) ?? [];
    const named = [...tree.matchAll(/─ ([\w-]+)/g)].map(([, name]) => name);
    expect(named.sort()).toEqual(foldersIn("images").map((folder) => basename(folder)));
  });
});

const foldersIn = (parent: string): string[] =>
  readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => relative(root, join(root, parent, name)))
    .sort();

describe("operations.md", () => {
  interface Rule {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }

  /** What the commands do without, and Pulumi's provider, which watches the pods that it waits for. */
  const OPTIONAL: readonly Access[] = [
    { group: "", resource: "pods", verbs: ["watch", "patch"] },
    { group: "", resource: "nodes", verbs: ["list"] },
    { group: "apps", resource: "daemonsets", verbs: ["list"] },
  ];

  const rights = (accesses: readonly Access[]): string[] =>
    accesses
      .flatMap(({ group, resource, subresource, verbs }) =>
        verbs.map((verb) => `${verb} ${[resource, subresource].filter(Boolean).join("/")}.${group}`),
      )
      .sort();

  test("its ClusterRole has the rights that the commands ask for, and no more", () => {
    const [, yaml = ""] = read("docs/operations.md").match(/^```yaml\n(apiVersion: rbac.*?)^```/ms) ?? [];
    const { kind, rules } = parse(yaml) as { kind: string; rules: Rule[] };
    expect(kind).toBe("ClusterRole");
    const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.map((resource) => ({ group, resource, verbs }))),
    );
    const required = requiredAccess({
      ingress: { className: "nginx", annotations: {} },
      gatewayApi: { gateway: "public", namespace: "infra", annotations: {}, tls: true },
    });
    expect(rights(granted)).toEqual(rights([...required, ...OPTIONAL]));
  });
});
