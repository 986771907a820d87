import { describe, expect, test } from "@jest/globals";
import { baseImageAdvice, bootstrapArgs, lastWords } from "../../../cli/images/base";
import {
  type BuildContainer,
  builtFor,
  builtOn,
  hasNoName,
  isBuildStep,
} from "../../../cli/targets/docker/build-leftovers";
import { isDebianLike } from "../../../cli/tools/apt";
import { namesOfVolumes, parseLabels, publishedPorts } from "../../../cli/tools/docker";
import { dockerAdvice, type Failure } from "../../../cli/tools/docker-advice";
import { address, candidates, parseContext } from "../../../cli/tools/docker-host";
import { compareVersions } from "../../../cli/tools/version";
import { overlaps } from "../../../platform/docker/subnets";

test("volumes carry every label that is asked for, whatever the engine takes several filters for", () => {
  const line = (Name: string, Labels: string) => JSON.stringify({ Name, Labels });
  const home = line("red-home", "muster.component=home,muster.team=red");
  const roster = line("red-git-roster", "muster.component=roster,muster.team=red");
  const listing = `${roster}\n${home}\n`;
  expect(namesOfVolumes(listing, ["muster.team=red", "muster.component=roster"])).toEqual(["red-git-roster"]);
  expect(namesOfVolumes(listing, ["muster.team=red"])).toEqual(["red-git-roster", "red-home"]);
  expect(namesOfVolumes("", ["muster.team=red"])).toEqual([]);
});

describe("where the daemon is", () => {
  const home = "/home/ada";
  const context = { url: "ssh://ada@build.example.org", source: 'the Docker context "build"' };

  test("DOCKER_HOST is the only candidate", () => {
    expect(candidates({ DOCKER_HOST: "tcp://10.0.0.1:2375" }, home, context)).toEqual([
      { url: "tcp://10.0.0.1:2375", source: "DOCKER_HOST", chosen: true },
    ]);
  });

  test("then a chosen context is", () => {
    expect(candidates({}, home, context)).toEqual([{ ...context, chosen: true }]);
  });

  test("the default context leaves the default socket first and the well-known ones after it", () => {
    const found = candidates({ XDG_RUNTIME_DIR: "/run/user/1000" }, home, {
      url: "unix:///var/run/docker.sock",
      source: 'the Docker context "default"',
    });
    expect(found.map(({ url }) => url)).toEqual([
      "unix:///var/run/docker.sock",
      "unix:///home/ada/.docker/run/docker.sock",
      "unix:///home/ada/.docker/desktop/docker.sock",
      "unix:///home/ada/.orbstack/run/docker.sock",
      "unix:///home/ada/.colima/default/docker.sock",
      "unix:///home/ada/.config/colima/default/docker.sock",
      "unix:///home/ada/.rd/docker.sock",
      "unix:///run/user/1000/docker.sock",
    ]);
    expect(found.some(({ chosen }) => chosen)).toBe(false);
  });

  test("a context is read with its TLS files", () => {
    const inspected = {
      Name: "build",
      Endpoints: { docker: { Host: "tcp://build.example.org:2376" } },
      TLSMaterial: { docker: ["ca.pem", "cert.pem", "key.pem"] },
      Storage: { TLSPath: "/home/ada/.docker/contexts/tls/1f" },
    };
    expect(parseContext(JSON.stringify([inspected]))).toEqual({
      url: "tcp://build.example.org:2376",
      source: 'the Docker context "build"',
      certificates: "/home/ada/.docker/contexts/tls/1f/docker",
    });
    expect(parseContext(JSON.stringify([{ ...inspected, TLSMaterial: {}, Storage: {} }]))).toEqual({
      url: "tcp://build.example.org:2376",
      source: 'the Docker context "build"',
    });
    expect(parseContext(JSON.stringify([{ Name: "empty", Endpoints: {} }]))).toBeUndefined();
  });

  test.each([
    ["unix:///var/run/docker.sock", "127.0.0.1"],
    ["tcp://build.example.org:2376", "build.example.org"],
    ["ssh://ada@build.example.org", "build.example.org"],
  ])("ports of %s are reached at %s", (url, expected) => {
    expect(address(url)).toBe(expected);
  });

  test.each([
    ["1.41", "1.41", 0],
    ["1.5", "1.41", -36],
    ["1.50", "1.41", 9],
    ["2", "1.41", 1],
  ])("version %s against %s", (a, b, expected) => {
    expect(compareVersions(a, b)).toBe(expected);
  });
});

describe("what to do about a daemon", () => {
  const absent: Failure = {
    state: "absent",
    url: "unix:///var/run/docker.sock",
    source: "the default socket",
    chosen: false,
  };
  const linux = { platform: "linux" as const, wsl: false, debianLike: false, root: false };

  test.each<[string, Failure, Parameters<typeof dockerAdvice>[1], string]>([
    ["Debian", absent, { ...linux, debianLike: true }, "sudo apt-get update && sudo apt-get install -y docker.io"],
    ["Debian, as root", absent, { ...linux, debianLike: true, root: true }, "npm run up installs and starts it"],
    ["another Linux", absent, linux, "sudo systemctl enable --now docker"],
    ["a stopped daemon", { ...absent, state: "silent" }, { ...linux, debianLike: true }, "sudo systemctl enable --now"],
    ["macOS", absent, { ...linux, platform: "darwin" }, "colima start"],
    ["WSL", absent, { ...linux, wsl: true, debianLike: true }, "Settings, Resources, WSL integration"],
    ["no permission", { ...absent, state: "forbidden" }, linux, 'sudo usermod -aG docker "$USER"'],
    ["DOCKER_HOST", { ...absent, source: "DOCKER_HOST", chosen: true }, linux, "correct or unset DOCKER_HOST"],
    ["a context", { ...absent, source: 'the Docker context "x"', chosen: true }, linux, "docker context use"],
    [
      "an old engine",
      { ...absent, state: "too-old", message: "19.03.1" },
      linux,
      "is version 19.03.1: Muster needs 20.10",
    ],
    ["no client", { ...absent, state: "no-client" }, linux, "install Docker's command-line client"],
  ])("on %s", (_, failure, machine, remedy) => {
    expect(dockerAdvice(failure, machine)).toContain(remedy);
  });
});

describe("listings of the docker command", () => {
  test("labels, with commas in values", () => {
    expect(parseLabels("muster.team=muster,note=a,b=c,muster.member=alice")).toEqual({
      "muster.team": "muster",
      note: "a",
      b: "c",
      "muster.member": "alice",
    });
    expect(parseLabels("note=one, two,x=1")).toEqual({ note: "one, two", x: "1" });
    expect(parseLabels("")).toEqual({});
  });

  test.each([
    ["0.0.0.0:8080->8080/tcp, :::8080->8080/tcp", [8080]],
    ["127.0.0.1:9000-9002->80-82/tcp", [9000, 9001, 9002]],
    ["3306/tcp", []],
    ["", []],
  ])("ports of %p", (listing, expected) => {
    expect(publishedPorts(listing)).toEqual(expected);
  });
});

test.each([
  ["10.0.0.0/24", "10.0.0.128/25", true],
  ["10.0.1.0/24", "10.0.0.0/24", false],
  ["10.0.0.16/28", "10.0.0.0/28", false],
  ["0.0.0.0/0", "172.17.0.0/16", true],
  ["172.17.5.9/16", "172.17.200.0/28", true],
  ["fd00::/8", "10.0.0.0/8", false],
])("%s and %s overlap: %p", (a, b, expected) => {
  expect(overlaps(a, b)).toBe(expected);
  expect(overlaps(b, a)).toBe(expected);
});

test.each([
  ['ID=debian\nVERSION_ID="13"', true],
  ["NAME=Ubuntu\nID=ubuntu\nID_LIKE=debian", true],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"', true],
  ["ID=fedora", false],
  ['ID=opensuse-tumbleweed\nID_LIKE="opensuse suse"', false],
  ['NAME="not debian"\nID=arch', false],
  ["", false],
])("os-release %j is Debian-like: %p", (text, expected) => {
  expect(isDebianLike(text)).toBe(expected);
});

describe("the Debian image without a registry", () => {
  test("the cause is what Docker says last", () => {
    expect(
      lastWords(
        'Error response from daemon: Get "https://registry.example/v2/": dial tcp: lookup registry.example on 10.0.0.53:53: no such host',
      ),
    ).toBe("lookup registry.example on 10.0.0.53:53: no such host");
    expect(lastWords("")).toBe("docker pull failed");
  });

  test("mmdebstrap takes the configured mirror", () => {
    const common = [
      "--variant=minbase",
      "--include=ca-certificates",
      "--keyring=/usr/share/keyrings/debian-archive-keyring.gpg",
      "trixie",
      "-",
    ];
    expect(bootstrapArgs({})).toEqual(common);
    expect(bootstrapArgs({ apt: "http://mirror.example.org/debian" })).toEqual([
      ...common,
      "http://mirror.example.org/debian",
    ]);
  });

  test("the remedy suits the system", () => {
    expect(baseImageAdvice("no such host", true)).toContain("apt-get install -y mmdebstrap debian-archive-keyring");
    expect(baseImageAdvice("no such host", false)).toContain("docker save debian:trixie-slim");
  });
});

test("leftovers of failed builds are told by the layers of the base", () => {
  const image = (Id: string, ...Layers: string[]) => ({ Id, RootFS: { Layers } });
  const bases = [image("base", "a", "b"), { Id: "odd", RootFS: {} }];
  const images = [
    image("own", "a", "b", "c"),
    image("debian", "a"),
    image("other", "x", "b", "c"),
    image("same", "a", "b"),
  ];
  expect(builtOn(bases, images).map(({ Id }) => Id)).toEqual(["own", "same"]);
  expect(builtOn([], images)).toEqual([]);
  expect([{ RepoTags: ["muster/base:1"] }, { RepoTags: [] }, { RepoTags: null }, {}].map(hasNoName)).toEqual([
    false,
    true,
    true,
    true,
  ]);
  expect(builtFor([image("base", "a", "b", "c")], images).map(({ Id }) => Id)).toEqual(["own", "debian", "same"]);
});

describe("the container of a build's step", () => {
  const now = Date.parse("2026-01-01T00:10:00Z");
  const id = `sha256:${"0".repeat(64)}`;
  const step: BuildContainer = {
    Id: "1",
    Image: id,
    Config: { Image: id, Cmd: ["/bin/sh", "-c", "#(nop) ", 'ENTRYPOINT ["entrypoint"]'], Labels: {} },
    State: { Status: "created", FinishedAt: "0001-01-01T00:00:00Z" },
    Created: "2026-01-01T00:00:00.123456789Z",
  };
  const config = (change: Partial<BuildContainer["Config"]>) => ({ Config: { ...step.Config, ...change } });

  test.each<[string, Partial<BuildContainer>, boolean]>([
    ["one that was never started", {}, true],
    ["one that has ended", { State: { Status: "exited", FinishedAt: "2026-01-01T00:05:00Z" } }, true],
    [
      "one that ran for long, and that its build may be committing",
      { State: { Status: "exited", FinishedAt: "2026-01-01T00:09:30Z" } },
      false,
    ],
    ["one without labels", config({ Labels: null }), true],
    ["one that runs", { State: { ...step.State, Status: "running" } }, false],
    ["one that a build may still want", { Created: "2026-01-01T00:09:30Z" }, false],
    ["one that somebody made from a name", config({ Image: "debian:trixie-slim" }), false],
    ["one that somebody gave another command", config({ Cmd: ["bash"] }), false],
    ["one without a command", config({ Cmd: null }), false],
    ["one of an environment", config({ Labels: { "muster.team": "hackathon" } }), false],
  ])("%s", (_, change, expected) => {
    expect(isBuildStep({ ...step, ...change }, now)).toBe(expected);
  });
});
