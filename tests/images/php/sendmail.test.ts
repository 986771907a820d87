import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";

const images = resolve(__dirname, "../../../images");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sendmail-"));
  // Shows what it was given.
  writeFileSync(join(folder, "msmtp"), `#!/bin/sh\nprintf '%s\\n' "$@"\necho\ncat\n`);
  const script = readFileSync(join(images, "php/sendmail"), "utf8");
  writeFileSync(join(folder, "sendmail"), script.replace("/usr/local/lib/muster", join(images, "base")));
  for (const name of ["msmtp", "sendmail"]) chmodSync(join(folder, name), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const send = (env: Record<string, string>, ...args: string[]) =>
  spawnSync(join(folder, "sendmail"), args, {
    env: { PATH: `${folder}:${process.env.PATH}`, ...env },
    input: "To: bob@example.org\n\nHello\n",
    encoding: "utf8",
  });
const inbox = { SMTP_HOST: "muster-mail", SMTP_PORT: "1025", MAIL_FROM: "alice@localhost" };

test("a message goes to the inbox and says whose site sent it; a sender that the program gives comes later", () => {
  const { stdout } = send(inbox, "-t", "-i", "-fshop@example.org");
  expect(stdout.split("\n")).toEqual([
    ...["--host=muster-mail", "--port=1025", "--timeout=20", "--tls=off", "--from=alice@localhost"],
    ...["-t", "-i", "-fshop@example.org", ""],
    ...["X-Mailed-By: alice@localhost", "To: bob@example.org", "", "Hello", ""],
  ]);
});

test("a relay gets the account, and the password on no command line", () => {
  const account = { SMTP_USER: "shop", SMTP_PASSWORD: "s3cret", SMTP_TLS: "on" };
  const { stdout } = send({ ...inbox, ...account, SMTP_PORT: "465" }, "-t");
  const [options = ""] = stdout.split("\n\n");
  expect(options.split("\n")).toEqual(
    expect.arrayContaining([
      ...["--tls=on", "--tls-starttls=off", "--auth=on", "--user=shop"],
      "--passwordeval=printenv SMTP_PASSWORD",
    ]),
  );
  expect(stdout).not.toContain("s3cret");
});

test("without a server it fails, and says why", () => {
  const { status, stderr } = send({}, "-t");
  expect([status, stderr]).toEqual([1, "muster: mail goes nowhere: SMTP_HOST is not set\n"]);
});
