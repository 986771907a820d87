import { describe, expect, test } from "@jest/globals";
import { buildCommand, findBuilder, missingImages, presentImages, sideBySide } from "../../../cli/images/build";
import { checkMirrors } from "../../../cli/images/mirrors";
import { createProgress } from "../../../cli/progress";
import type { Docker } from "../../../cli/tools/docker";
import { presentId } from "../../../platform/images/present";

const image = (name: string, parent?: string) => ({
  name: `muster/${name}:1`,
  context: `images/${name}`,
  args: parent === undefined ? {} : { PARENT: `muster/${parent}:1` },
});

const IMAGES = [
  image("base"),
  image("gateway", "base"),
  image("php", "base"),
  image("apache-php", "php"),
  image("mariadb", "base"),
  image("redis", "base"),
];

const short = (name: string) => name.replace(/^muster\/|:1$/g, "");

describe("builds", () => {
  /** Builds that end one by one, in the order in which they began. */
  async function follow(failing?: string) {
    const log: string[] = [];
    const running: [name: string, end: () => void][] = [];
    const all = sideBySide(IMAGES, ({ name }, signal) => {
      log.push(`${short(name)} begins beside ${running.map(([other]) => other).join(", ") || "none"}`);
      const isRunning = () => running.some(([other]) => other === short(name));
      signal.addEventListener("abort", () => isRunning() && log.push(`${short(name)} is ended`));
      return new Promise<void>((resolve, reject) => {
        const end = short(name) === failing ? () => reject(new Error(`${failing} fails`)) : resolve;
        running.push([short(name), end]);
      });
    });
    const outcome = all.then(
      () => "done",
      (error: Error) => error.message,
    );
    while (running.length > 0) {
      running.shift()?.[1]();
      await new Promise(setImmediate);
    }
    return { log, outcome: await outcome };
  }

  test("begin after their parents, three at once", async () => {
    expect(await follow()).toEqual({
      outcome: "done",
      log: [
        "base begins beside none",
        "gateway begins beside none",
        "php begins beside gateway",
        "mariadb begins beside gateway, php",
        "redis begins beside php, mariadb",
        "apache-php begins beside mariadb, redis",
      ],
    });
  });

  test("end with the first that fails", async () => {
    const { log, outcome } = await follow("php");
    expect(outcome).toBe("php fails");
    expect(log.slice(5)).toEqual(["mariadb is ended", "redis is ended"]);
  });
});

test("an image that is listed otherwise than it is found is not missing", async () => {
  const docker = { run: async () => "muster/base:1\nlocalhost/muster/php:1\n" } as unknown as Docker;
  expect(await missingImages(docker, IMAGES.slice(0, 3))).toEqual([image("gateway", "base")]);
});

test("Pulumi's program is told the ids of images that are there, or asks", async () => {
  const docker = (answer: string | undefined) => ({ tryRun: async () => answer }) as unknown as Docker;
  const env = await presentImages(docker("sha256:b\nsha256:g\n"), IMAGES.slice(0, 2));
  expect([await presentId("muster/base:1", env), await presentId("muster/gateway:1", env)]).toEqual([
    "sha256:b",
    "sha256:g",
  ]);
  expect(await presentImages(docker(undefined), IMAGES)).toEqual({});
});

describe("the builder", () => {
  const daemon = (plugin: string | undefined, server: string): Docker =>
    ({ tryRun: async () => plugin, run: async () => server }) as unknown as Docker;
  const podman = '{"Components":[{"Name":"Podman Engine","Version":"4.3.1"}]}';

  test.each<[string, string | undefined, string, string]>([
    ["BuildKit with its plugin", "v0.30.1", "{}", "BuildKit"],
    ["the classic one without", undefined, "{}", "the classic builder"],
    ["the classic one on Podman", "v0.30.1", podman, "the classic builder"],
  ])("is %s", async (_, plugin, server, expected) => {
    expect(await findBuilder(daemon(plugin, server))).toBe(expected);
  });

  test.each([
    ["BuildKit", "#7 [ 3/9] RUN apt-get update", "[ 3/9] RUN apt-get update"],
    ["BuildKit", "#7 12.3 Step 1/2 : nothing", undefined],
    ["the classic builder", "Step 3/9 : RUN apt-get update", "Step 3/9 : RUN apt-get update"],
  ] as const)("%s shows its steps", (builder, line, expected) => {
    const { args, step } = buildCommand(builder, image("php", "base"));
    expect(args.slice(-5)).toEqual(["--tag", "muster/php:1", "--build-arg", "PARENT=muster/base:1", "images/php"]);
    expect(step.exec(line)?.[1]).toBe(expected);
  });
});

test("BuildKit compresses only what a registry gets", () => {
  const { args } = buildCommand("BuildKit", image("php", "base"));
  expect(args.join(" ")).toContain("--output type=image,compression=uncompressed --tag muster/php:1");
  expect(buildCommand("BuildKit", image("php", "base"), true).args).toContain("--load");
});

test("a note takes the place of a spinner", () => {
  const written: string[] = [];
  createProgress({ write: (text: string) => written.push(text), isTTY: true }).note("built");
  expect(written).toEqual(["\r\x1b[2Kbuilt\n"]);
});

describe("a mirror that encrypts", () => {
  const base = (args: object) => [{ args: { DEBIAN: "debian:trixie-slim", ...args } }, { args: { PARENT: "a" } }];
  const said = (args: object, answer: string | undefined) => {
    const asked: string[] = [];
    const tryRun: Docker["tryRun"] = async (...command) => {
      asked.push(command.join(" "));
      return answer;
    };
    return checkMirrors({ tryRun }, base(args)).then(
      () => asked,
      (error: Error) => error.message,
    );
  };

  test("cannot be checked by an image that trusts nobody", async () => {
    const mirrors = {
      APT_MIRROR: "https://alice:word@deb.test/debian",
      APT_SECURITY_MIRROR: "http://deb.test/security",
    };
    expect(await said(mirrors, "missing\n")).toMatch(
      /^config\/mirrors\/apt: "https:\/\/…@deb\.test\/debian" is encrypted, and debian:trixie-slim, .*\n.*http:\/\//,
    );
    expect(await said(mirrors, "")).toHaveLength(1);
  });

  test("is left to the build where the image cannot be asked", async () => {
    expect(await said({ APT_MIRROR: "https://deb.test/debian" }, undefined)).toHaveLength(1);
  });

  test("is asked for only where there is one", async () => {
    expect(await said({ APT_MIRROR: "http://deb.test/debian" }, "missing\n")).toEqual([]);
    expect(await said({}, "missing\n")).toEqual([]);
  });

  test("may be that of the security updates: the certificates come from the other one, before it is needed", async () => {
    expect(await said({ APT_SECURITY_MIRROR: "https://deb.test/security" }, "missing\n")).toEqual([]);
  });
});
