import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { chromiumPath, launch, read, screenshot, visit } from "../support/browser";
import { liveSite, Terminal } from "../support/delivery";
import type { DockerEnvironment } from "../support/docker-environment";
import { type EngineCase, onDocker } from "../support/engines";
import { eventually } from "../support/poll";
import { PICTURE, PRESS, ROUTED, writeFiles } from "../support/press";
import { appendAndSave, commitAndSync, login, openFile } from "../support/workbench";

jest.setTimeout(15 * 60_000);

const found = chromiumPath();
const inBrowser = found === undefined ? describe.skip : describe;
const where = found ?? "a browser (skipped: no Chromium found; install Debian's chromium or set CHROMIUM)";
/** Real Pulumi where it is installed; the end-to-end tests cover both engines. */
const { engine, create } = onDocker().findLast(
  ({ unavailable }) => unavailable === undefined,
) as EngineCase<DockerEnvironment>;

const TEST = `<?php

declare(strict_types=1);

namespace App\\Tests;

use PHPUnit\\Framework\\TestCase;

final class WelcomeTest extends TestCase
{
    public function testWelcomesVisitors(): void
    {
        $page = (string) file_get_contents(__DIR__ . "/../public/index.php");
        self::assertTrue(str_contains($page, "Welcome, visitors"), "The page welcomes nobody.");
    }
}
`;

/** From a failing push to a mended live site, using only the editor, the portal and the CI's pages. */
inBrowser(`a push in ${where}, in an environment brought up by ${engine}`, () => {
  let muster: DockerEnvironment;
  let browser: Browser;
  let editor: Page;
  let portal: Page;
  let alice: Terminal;

  beforeAll(async () => {
    muster = await create("release");
    muster.configure({ members: [{ id: "alice", name: "Alice Kim", email: "alice@example.org" }] });
    await muster.succeed("up");
    alice = new Terminal(muster, "alice");
    const output = await muster.succeed("credentials", "alice", "--json");
    const password: string = JSON.parse(output.slice(output.indexOf("{"))).alice.editor;

    browser = await launch();
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(120_000);
    portal = await context.newPage();
    editor = await context.newPage();
    await login(editor, muster.url("code-alice"), password);
  });

  afterAll(async () => {
    await browser?.close();
    await muster?.dispose();
  });

  const build = (result: string) => portal.locator(`#delivery .build[data-result="${result}"]`);
  const released = (revision: string) => portal.locator(`#delivery .release code[title="${revision}"]`);
  /** Waits until alice's branch is on the git server; returns its revision. */
  const pushed = () =>
    eventually("alice's push", async () => {
      const [head, remote] = (await alice.succeed("git rev-parse HEAD origin/main")).split("\n");
      return head === remote && head;
    });
  /** Proves that the page was not reloaded: a reload removes the mark. */
  const isSamePage = () => portal.evaluate("document.marked === true");

  test("the portal shows the first release, and follows by itself from here on", async () => {
    const { revision } = await eventually("the first release", () => liveSite(muster));
    await visit(portal, muster.url(undefined));
    await released(revision).waitFor();
    await build("passed").waitFor();
    await portal.evaluate("document.marked = true");
  });

  test("a failing test that is pushed with the editor's buttons turns the portal red, and stays off the live site", async () => {
    const before = await liveSite(muster);
    await alice.succeed(`cat > tests/WelcomeTest.php <<'END'\n${TEST}END`);
    await commitAndSync(editor, "Expect a welcome");
    await screenshot(editor, "source-control");
    await pushed();
    expect(await alice.succeed("git log -1 --format='%an <%ae> %s' origin/main; git status --short")).toBe(
      "Alice Kim <alice@example.org> Expect a welcome",
    );

    await build("failed").waitFor();
    await screenshotOfDelivery("delivery-failed");
    expect(await build("failed").innerText()).toMatch(/^main\s+failed\s+alice, just now\s+phpunit\s+Open the log/);
    expect(await liveSite(muster)).toEqual(before);
    expect(await isSamePage()).toBe(true);
  });

  test("the portal leads to the failed step's log on the CI's page", async () => {
    const address = await build("failed").getByRole("link", { name: "Open the log" }).getAttribute("href");
    const ci = await portal.context().newPage();
    await read(ci, address ?? "", "The page welcomes nobody.", "WelcomeTest::testWelcomesVisitors");
    await screenshot(ci, "ci-log");

    const summary = await build("failed").getByRole("link", { name: "main", exact: true }).getAttribute("href");
    await read(ci, summary ?? "", "phpunit");
    await screenshot(ci, "ci-build");
    await ci.close();
  });

  test("the mend turns it green and goes live, without a reload", async () => {
    await editor.bringToFront();
    await openFile(editor, "public/index.php");
    await appendAndSave(editor, "<p>Welcome, visitors</p>\n");
    await commitAndSync(editor, "Welcome visitors");
    const revision = await pushed();

    await build("passed").waitFor();
    await released(revision).waitFor();
    await screenshotOfDelivery("delivery-live");
    expect(await isSamePage()).toBe(true);
    const live = await liveSite(muster);
    expect(live.revision).toBe(revision);
    expect(live.page).toContain("Welcome, visitors");
  });

  /** Makes a repository of files in the workspace, and pushes it. */
  async function publish(repository: string, files: Readonly<Record<string, string>>) {
    await alice.succeed(`git init --quiet --initial-branch=main /workspace/${repository}`);
    const clone = new Terminal(muster, "alice", `/workspace/${repository}`);
    await clone.commit("Begin", `${writeFiles(files)}\ngit remote add origin "$GIT_URL/${repository}.git"`);
    return { clone, push: await clone.push("--set-upstream origin main") };
  }

  test("an application's own installer leads to a post with a picture on the live site, which the next release keeps", async () => {
    const { clone, push } = await publish("press", PRESS);
    expect([push.code, push.output]).toEqual([0, expect.stringContaining("live")]);
    const site = await portal.context().newPage();
    await visit(site, muster.url("press--live"));
    await site.getByRole("heading", { name: "Install" }).waitFor();
    await site.getByRole("button", { name: "Install" }).click();
    await site.getByLabel("title").fill("Hello World");
    await site.locator("input[type=file]").setInputFiles({ name: "red.png", mimeType: "image/png", buffer: PICTURE });
    await site.getByRole("button", { name: "Publish" }).click();
    await site.getByRole("heading", { name: "Hello World" }).waitFor();
    expect(new URL(site.url()).pathname).toBe("/post/hello-world/");
    const isDrawn = () => site.evaluate("document.images[0].complete && document.images[0].naturalWidth");
    await eventually("the picture", async () => (await isDrawn()) === 1);

    await clone.commit("Title", "sed -i 's/<title>Press/<title>Press 2/' index.php");
    expect((await clone.push()).code).toBe(0);
    await eventually("the next release", async () => {
      await site.reload();
      return (await site.title()) === "Press 2" && (await isDrawn()) === 1;
    });
    await screenshot(site, "press");
    await site.close();
  });

  test("a front end's deep link works in the workspace and live, opened, clicked and reloaded", async () => {
    const { push } = await publish("routed", ROUTED);
    expect([push.code, push.output]).toEqual([0, expect.stringContaining("live")]);
    const site = await portal.context().newPage();
    for (const host of ["routed--live", "routed--alice"]) {
      // The workspace's page reloads itself once the editor has built it.
      await visit(site, muster.url(host, "/about/me"));
      await site.getByRole("heading", { name: "/about/me", exact: true }).waitFor();
      await site.getByRole("link", { name: "About" }).click();
      await site.getByRole("heading", { name: "/about/us", exact: true }).waitFor();
      await site.reload();
      await site.getByRole("heading", { name: "/about/us", exact: true }).waitFor();
    }
    await site.close();
  });

  /** Screenshots of the whole page, at the width of a desktop and of a phone. */
  async function screenshotOfDelivery(name: string) {
    for (const [suffix, width] of [
      ["-phone", 390],
      ["", 1280],
    ] as const) {
      await portal.setViewportSize({ width, height: 800 });
      await portal.locator("#delivery .repository").scrollIntoViewIfNeeded();
      await screenshot(portal, `${name}${suffix}`);
      expect(await portal.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(
        0,
      );
    }
  }
});
