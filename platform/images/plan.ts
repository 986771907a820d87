import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { type ImageName, parentOf } from "../../config/catalogue";
import type { Mirrors, Team } from "../../config/members";
import { ConfigError } from "../../config/problems";
import { withExtensions } from "./extensions";

export const DEBIAN_IMAGE = "debian:trixie-slim";

const CERTIFICATES_FOLDER = "/usr/local/share/ca-certificates";

/** How to build one image. */
export interface ImageBuild {
  readonly image: ImageName;
  /** `muster/<image>:<hash>`. The hash covers context, arguments and parents, so a tag that exists is up to date. */
  readonly name: string;
  /** Build context relative to the project's root; it holds the Dockerfile. */
  readonly context: string;
  readonly args: Readonly<Record<string, string>>;
  readonly parent: ImageName | undefined;
}

/** The Pulumi resource that pushes an image. */
export const pushedImageName = (image: ImageName): string => `pushed-image-${image}`;

/** The Pulumi resource of an image in the engine: another content is another one, with a build of its own. */
export const localImageName = ({ name }: Pick<ImageBuild, "name">): string =>
  name.replace(/^muster\//, "image-").replace(":", "-");

/** What the images depend on beside their files. */
export interface ImageOptions {
  /** Root of the project. */
  readonly root: string;
  readonly mirrors: Mirrors;
  /** PEM bundle; empty for none. */
  readonly certificates: string;
  /** Debian packages that the images with PHP have besides. */
  readonly packages: readonly string[];
}

/** @param root of the project */
export const imageOptions = (
  { mirrors, certificates, packages }: Pick<Team, "mirrors" | "certificates" | "packages">,
  root: string,
): ImageOptions => ({
  root,
  mirrors,
  certificates: readCertificates(certificates),
  packages,
});

/** The build of an image; its parents' builds are found by `parent`. */
export function imageBuild(image: ImageName, options: ImageOptions): ImageBuild {
  const parent = parentOf(image);
  const folder = `images/${image}`;
  const context = image === "code-server" ? withExtensions(options.root, folder) : folder;
  const args = {
    ...(parent === undefined ? baseArgs(options) : { PARENT: imageBuild(parent, options).name }),
    ...ownArgs(image, options),
  };
  const hash = createHash("sha256").update(JSON.stringify(args));
  for (const file of contextFiles(join(options.root, context))) {
    const executable = (statSync(file).mode & 0o100) !== 0;
    hash.update(`\0${relative(options.root, file)}\0${executable}\0`).update(readFileSync(file));
  }
  return { image, name: `muster/${image}:${hash.digest("hex").slice(0, 12)}`, context, args, parent };
}

/** What a build is sent of its folder: everything but what `.dockerignore` names there. */
function contextFiles(folder: string): string[] {
  const path = join(folder, ".dockerignore");
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  const ignored = lines.map((line) => {
    const name = /^\*\*\/([\w.*-]+)$/.exec(line)?.[1];
    if (name === undefined) throw new Error(`${path}: "${line}" is not understood: write **/NAME, with * for any part`);
    return new RegExp(`^${name.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
  });
  const isSent = (file: string) =>
    !relative(folder, file)
      .split(sep)
      .some((part) => ignored.some((pattern) => pattern.test(part)));
  return files(folder).filter(isSent);
}

/** What images after the base are told besides. */
function ownArgs(image: ImageName, { mirrors, packages }: ImageOptions): Record<string, string> {
  switch (image) {
    case "php":
      return {
        ...(packages.length > 0 ? { PACKAGES: [...packages].sort().join(" ") } : {}),
        ...(mirrors.composer ? { COMPOSER_REPOSITORY: mirrors.composer } : {}),
      };
    case "code-server":
      return mirrors.extensions ? { EXTENSIONS_REGISTRY: mirrors.extensions } : {};
    default:
      return {};
  }
}

function baseArgs({ mirrors, certificates }: ImageOptions): Record<string, string> {
  const args = {
    DEBIAN: DEBIAN_IMAGE,
    CA_CERTIFICATES: certificates,
    APT_MIRROR: mirrors.apt,
    APT_SECURITY_MIRROR: mirrors.aptSecurity,
    NPM_REGISTRY: mirrors.npm,
    PYPI_INDEX: mirrors.pypi,
  };
  return Object.fromEntries(Object.entries(args).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/** Every image, parents first. */
export function buildOrder(images: readonly ImageName[]): ImageName[] {
  const order = new Set<ImageName>();
  const add = (image: ImageName): void => {
    const parent = parentOf(image);
    if (parent !== undefined) add(parent);
    order.add(image);
  };
  for (const image of [...images].sort()) add(image);
  return [...order];
}

/**
 * The extra CA certificates as one PEM bundle.
 *
 * @param path file or folder of `*.crt` files; by default the machine's own folder, which may be missing
 * @throws ConfigError when a configured path does not exist or holds no certificate
 */
export function readCertificates(path: string | undefined): string {
  if (path === undefined && !existsSync(CERTIFICATES_FOLDER)) return "";
  const source = path ?? CERTIFICATES_FOLDER;
  if (!existsSync(source)) {
    throw new ConfigError([
      `config/certificates: "${source}" does not exist: name a file or a folder with *.crt files`,
    ]);
  }
  const paths = statSync(source).isDirectory() ? files(source).filter((file) => file.endsWith(".crt")) : [source];
  const bundle = paths.map((file) => readFileSync(file, "utf8").trim()).join("\n");
  if (path !== undefined && !bundle.includes("-----BEGIN CERTIFICATE-----")) {
    throw new ConfigError([
      `config/certificates: "${source}" holds no PEM certificate: name a file or a folder with *.crt files`,
    ]);
  }
  return bundle;
}

/** Files below `folder`, sorted. */
function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
