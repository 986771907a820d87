import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ImageName } from "../../../config/catalogue";
import { ConfigError } from "../../../config/problems";
import { buildOrder, type ImageOptions, imageBuild, readCertificates } from "../../../platform/images/plan";

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-images-"));
  write("images/base/Dockerfile", "FROM debian");
  write("images/php/Dockerfile", "FROM base");
  write("images/apache-php/Dockerfile", "FROM php");
  write("images/apache-php/conf/site.conf", "Listen 8080");
  write("images/mariadb/Dockerfile", "FROM base");
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string, mode = 0o644) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  chmodSync(join(root, path), mode);
}

const options = (change: Partial<ImageOptions> = {}): ImageOptions => ({
  root,
  mirrors: {},
  certificates: "",
  packages: [],
  ...change,
});

const nameOf = (image: ImageName, change?: Partial<ImageOptions>) => imageBuild(image, options(change)).name;

describe("a build", () => {
  test("of base", () => {
    expect(imageBuild("base", options())).toEqual({
      image: "base",
      name: expect.stringMatching(/^muster\/base:[0-9a-f]{12}$/),
      context: "images/base",
      args: { DEBIAN: "debian:trixie-slim" },
      parent: undefined,
    });
  });

  test("of base behind mirrors and a proxy's certificates", () => {
    const mirrors = { apt: "http://a", aptSecurity: "http://b", npm: "http://c", pypi: "http://d" };
    expect(imageBuild("base", options({ mirrors, certificates: CERTIFICATE })).args).toEqual({
      DEBIAN: "debian:trixie-slim",
      CA_CERTIFICATES: CERTIFICATE,
      APT_MIRROR: "http://a",
      APT_SECURITY_MIRROR: "http://b",
      NPM_REGISTRY: "http://c",
      PYPI_INDEX: "http://d",
    });
  });

  test("of another image names its parent by hash", () => {
    expect(imageBuild("apache-php", options())).toEqual({
      image: "apache-php",
      name: expect.stringMatching(/^muster\/apache-php:[0-9a-f]{12}$/),
      context: "images/apache-php",
      args: { PARENT: nameOf("php") },
      parent: "php",
    });
  });
});

describe("mirrors of one image", () => {
  test("are told to that one, and change no other", () => {
    const mirrors = { composer: "https://c", extensions: "https://e" };
    write("images/code-server/Dockerfile", "FROM php");
    expect(imageBuild("php", options({ mirrors })).args).toEqual({
      PARENT: nameOf("base"),
      COMPOSER_REPOSITORY: "https://c",
    });
    expect(imageBuild("code-server", options({ mirrors })).args).toEqual({
      PARENT: nameOf("php", { mirrors }),
      EXTENSIONS_REGISTRY: "https://e",
    });
    expect(nameOf("base", { mirrors })).toBe(nameOf("base"));
    expect(nameOf("php", { mirrors: { extensions: "https://e" } })).toBe(nameOf("php"));
  });
});

describe("extensions beside the stack file", () => {
  test("are in the editor's build context, and in its tag", () => {
    write("images/code-server/Dockerfile", "FROM php");
    write("images/code-server/extensions/README.md", "");
    write("extensions/README.md", "");
    const without = imageBuild("code-server", options());
    expect(without.context).toBe("images/code-server");
    write("extensions/a.vsix", "one");
    const first = imageBuild("code-server", options());
    expect(readdirSync(join(root, first.context, "extensions")).sort()).toEqual(["README.md", "a.vsix"]);
    expect(readFileSync(join(root, first.context, "Dockerfile"), "utf8")).toBe("FROM php");
    write("extensions/a.vsix", "two");
    const second = imageBuild("code-server", options());
    rmSync(join(root, "extensions/a.vsix"));
    expect(new Set([without.name, first.name, second.name]).size).toBe(3);
    expect(imageBuild("code-server", options())).toEqual(without);
  });
});

describe("the tag", () => {
  test("stays when nothing changes, wherever the project is", () => {
    const before = nameOf("apache-php");
    expect(nameOf("apache-php")).toBe(before);
    const first = root;
    root = join(first, "elsewhere");
    write("images/base/Dockerfile", "FROM debian");
    write("images/php/Dockerfile", "FROM base");
    write("images/apache-php/Dockerfile", "FROM php");
    write("images/apache-php/conf/site.conf", "Listen 8080");
    expect(nameOf("apache-php")).toBe(before);
    root = first;
  });

  test.each<[string, () => void]>([
    ["a file's content", () => write("images/apache-php/conf/site.conf", "Listen 8081")],
    ["the Dockerfile", () => write("images/apache-php/Dockerfile", "FROM php\nUSER 1000")],
    ["a new file", () => write("images/apache-php/new", "")],
    [
      "a file's name",
      () => {
        rmSync(join(root, "images/apache-php/conf/site.conf"));
        write("images/apache-php/conf/other.conf", "Listen 8080");
      },
    ],
    ["a file's removal", () => rmSync(join(root, "images/apache-php/conf/site.conf"))],
    ["a file's mode", () => chmodSync(join(root, "images/apache-php/conf/site.conf"), 0o755)],
    ["its parent's file", () => write("images/php/Dockerfile", "FROM base\nUSER 1000")],
    ["its parent's parent's file", () => write("images/base/Dockerfile", "FROM debian\nUSER 1000")],
  ])("follows %s", (_, change) => {
    const before = nameOf("apache-php");
    change();
    expect(nameOf("apache-php")).not.toBe(before);
  });

  test.each<[string, Partial<ImageOptions>]>([
    ["certificates", { certificates: CERTIFICATE }],
    ["the mirror", { mirrors: { apt: "http://a" } }],
  ])("follows %s in every image", (_, change) => {
    for (const image of ["base", "php", "apache-php", "mariadb"] as const) {
      expect(nameOf(image, change)).not.toBe(nameOf(image));
    }
  });

  test("does not follow what the build leaves out", () => {
    write("images/apache-php/.dockerignore", "**/__pycache__\n**/*.pyc\n");
    const before = nameOf("apache-php");
    write("images/apache-php/conf/__pycache__/site.py", "");
    write("images/apache-php/conf/site.pyc", "");
    expect(nameOf("apache-php")).toBe(before);
    write("images/apache-php/conf/site.pyc.conf", "");
    expect(nameOf("apache-php")).not.toBe(before);
  });

  test.each(["conf", "*", "!**/conf", "**/a/b", "**/a?"])("is refused with %j in .dockerignore", (line) => {
    write("images/apache-php/.dockerignore", `**/*.pyc\n${line}\n`);
    expect(() => nameOf("apache-php")).toThrow(
      `${join(root, "images/apache-php/.dockerignore")}: "${line}" is not understood: write **/NAME, with * for any part`,
    );
  });

  test("does not follow a sibling, nor bits that every machine sets differently", () => {
    const before = nameOf("apache-php");
    write("images/mariadb/Dockerfile", "FROM base\nUSER 1000");
    chmodSync(join(root, "images/apache-php/conf/site.conf"), 0o600);
    expect(nameOf("apache-php")).toBe(before);
  });
});

test.each<[ImageName[], ImageName[]]>([
  [[], []],
  [["base"], ["base"]],
  [["code-server"], ["base", "php", "code-server"]],
  [
    ["portal", "gateway"],
    ["base", "gateway", "node", "portal"],
  ],
  [
    ["redis", "mariadb", "code-server", "apache-php"],
    ["base", "php", "apache-php", "code-server", "mariadb", "redis"],
  ],
])("%j are built in the order %j", (images, order) => {
  expect(buildOrder(images)).toEqual(order);
});

describe("certificates", () => {
  test("are the folder's *.crt files in the order of their names", () => {
    write("certificates/b.crt", `${CERTIFICATE}\n`);
    write("certificates/a/a.crt", `\n${CERTIFICATE}`);
    write("certificates/readme.txt", "no certificate");
    expect(readCertificates(join(root, "certificates"))).toBe(`${CERTIFICATE}\n${CERTIFICATE}`);
  });

  test("are a file, whatever its name", () => {
    write("bundle.pem", `${CERTIFICATE}\n${CERTIFICATE}\n`);
    expect(readCertificates(join(root, "bundle.pem"))).toBe(`${CERTIFICATE}\n${CERTIFICATE}`);
  });

  test("that are missing are refused", () => {
    const path = join(root, "nowhere");
    expect(() => readCertificates(path)).toThrow(
      new ConfigError([`config/certificates: "${path}" does not exist: name a file or a folder with *.crt files`]),
    );
  });

  test("that are none are refused", () => {
    write("certificates/a.crt", "hello");
    for (const path of [join(root, "certificates"), join(root, "certificates/a.crt")]) {
      expect(() => readCertificates(path)).toThrow(
        new ConfigError([
          `config/certificates: "${path}" holds no PEM certificate: name a file or a folder with *.crt files`,
        ]),
      );
    }
  });
});
