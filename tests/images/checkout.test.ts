import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ImageName } from "../../config/catalogue";
import { imageBuild } from "../../platform/images/plan";

const project = resolve(__dirname, "../..");
const environment = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-checkout-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const git = (cwd: string, ...args: string[]) => execFileSync("git", args, { cwd, env: environment, encoding: "utf8" });

const tags = (root: string) =>
  readdirSync(join(root, "images")).map(
    (image) => imageBuild(image as ImageName, { root, mirrors: {}, certificates: "", packages: [] }).name,
  );

/** A repository with all files of this working tree that git knows or would add, in one commit. */
function repository(): string {
  const path = join(folder, "repository");
  const listed = git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0");
  for (const file of new Set(listed.filter((name) => name !== "" && existsSync(join(project, name))))) {
    cpSync(join(project, file), join(path, file));
  }
  git(path, "init", "--quiet");
  git(path, "add", "--all");
  git(path, "-c", "user.name=Alice", "-c", "user.email=alice@example.org", "commit", "--quiet", "--message", "all");
  return path;
}

test("a clone that would turn line ends into those of Windows makes the same images", () => {
  const clone = join(folder, "clone");
  git(folder, "clone", "--quiet", "-c", "core.autocrlf=true", repository(), clone);
  expect(git(clone, "ls-files", "--eol").match(/^.*w\/(crlf|mixed).*$/gm)).toBeNull();
  expect(tags(clone)).toEqual(tags(project));
});

test("running an image's Python code changes no image", () => {
  cpSync(join(project, "images"), join(folder, "images"), { recursive: true });
  const before = tags(folder);
  const modules = readdirSync(join(folder, "images"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".py"),
  );
  expect(modules).not.toHaveLength(0);
  for (const module of modules) {
    writeFileSync(join(folder, "images", `${module}c`), "");
    cpSync(
      join(folder, "images", `${module}c`),
      join(folder, "images", dirname(module), "__pycache__", "module.cpython-311.pyc"),
    );
  }
  expect(tags(folder)).toEqual(before);
});
