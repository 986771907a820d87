import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { buildImages } from "../../cli/images/build";
import { createProgress } from "../../cli/progress";
import { installedCompose } from "../../cli/targets/docker/compose";
import { dockerClient } from "../../cli/tools/docker";
import { capture } from "../../cli/tools/process";
import { renderCompose } from "../../export/compose";
import { recordFile } from "../../export/record";
import { ensureSecrets } from "../../export/secrets";
import { request } from "../support/http";
import { eventually } from "../support/poll";
import { freePort } from "../support/ports";

jest.setTimeout(20 * 60_000);

const ROOT = resolve(__dirname, "../..");
const docker = dockerClient(process.env);

const answered = (url: string, body: string) =>
  eventually(
    `${url} answers ${body}`,
    async () => {
      const answer = await request(url).catch(() => undefined);
      return answer?.status === 200 && answer.body.includes(body);
    },
    300,
  );

/** Site, database and, where there is one, cache work. */
const works = (url: string, cache: boolean | null) =>
  answered(`${url}/-/status`, JSON.stringify({ database: true, cache }).slice(0, -1));

/** Pushes a site to a new repository, from where git is. */
const push = (password: string) =>
  docker.run(
    ...["exec", "builds-git", "bash", "-ec"],
    `cd "$(mktemp -d)" && git init -q -b main && echo '<?php echo 1;' >index.php && git add . &&
     git -c user.name=alice -c user.email=alice@example.org commit -q -m site &&
     git push -q 'http://alice:${password}@localhost:8080/site.git' main`,
  );

describe.each([
  {
    example: "apm-stack",
    proof: (port: number) => works(`http://localhost:${port}`, null),
  },
  {
    example: "two-teams",
    proof: async (port: number) => {
      await works(`http://alice.localhost:${port}`, null);
      await works(`http://bob.localhost:${port + 1}`, true);
      await answered(`http://localhost:${port}/`, "red");
      await answered(`http://localhost:${port + 1}/`, "blue");
    },
  },
  {
    example: "ci-runner",
    proof: async (port: number, secrets: Record<string, string>) => {
      const api = `http://ci.localhost:${port}/api/v2`;
      const get = async (path: string) => JSON.parse((await request(`${api}${path}`)).body);
      await answered(`${api}/workers`, "worker-1");
      await push(secrets.ALICE_GIT_PASSWORD ?? "");
      const tested = async () => (await get("/builders/site/builds?complete=true")).builds?.[0];
      const { state_string } = await eventually("the end of the push's build", tested, 300);
      expect(state_string).toBe("build successful");
      const { builders } = await get("/builders");
      expect(builders.map(({ name }: { name: string }) => name)).not.toContain("site live");
    },
  },
])("examples/$example by the export", ({ example, proof }) => {
  let folder: string;
  let port: number;
  let secrets: Record<string, string>;
  const compose = async (...args: string[]) => {
    const [file = "docker", ...first] = (await installedCompose(dockerClient(process.env))) ?? [];
    const project = ["--project-name", `example-${example}`, "--file", join(folder, "compose.yaml")];
    const { code, stderr } = await capture(file, [...first, ...project, ...args], {
      env: { ...process.env, ...secrets },
    });
    if (code !== 0) throw new Error(stderr);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "muster-example-"));
    port = await freePort();
    const identity = { project: example, stack: "test", config: { [`${example}:port`]: String(port) } };
    const exported = renderCompose(await recordFile(identity, join(ROOT, "examples", example, "index.ts")));
    secrets = ensureSecrets(join(folder, "secrets.env"), exported.secrets);
    writeFileSync(join(folder, "compose.yaml"), exported.yaml);
    await buildImages(docker, exported.images, ROOT, createProgress());
    await compose("up", "--detach");
  });
  afterAll(async () => {
    await compose("down", "--volumes", "--remove-orphans");
    rmSync(folder, { recursive: true });
  });

  test("comes up and works", () => proof(port, secrets));
});
