import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../errors";
import type { Progress } from "../progress";
import { aptInstall } from "./apt";
import { capture } from "./process";

const DAEMON_LOG = "/var/log/muster-dockerd.log";

/** Debian 13 has the client in a package of its own. */
export const installDocker = (progress: Progress): Promise<void> =>
  aptInstall(progress, ["docker.io", "iptables", "ca-certificates"], ["docker-cli"]);

/**
 * Starts the daemon: as a service where one can be started, otherwise (a container, a minimal machine) by itself.
 *
 * @throws UserError with the end of the daemon's log
 */
export async function startDocker(progress: Progress, answers: () => Promise<boolean>): Promise<void> {
  await progress.step("Starting Docker", async (detail) => {
    // Installing the package may have started it.
    if (await poll(answers, 2)) return;
    for (const command of serviceCommands()) {
      detail(command.join(" "));
      const [file = "", ...args] = command;
      const { code } = await capture(file, args, { timeout: 60_000 });
      if (code === 0 && (await poll(answers, 15))) return;
    }
    detail(`dockerd, log in ${DAEMON_LOG}`);
    const log = openSync(DAEMON_LOG, "a");
    const daemon = spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] });
    daemon.on("error", () => undefined);
    daemon.unref();
    if (await poll(answers, 60)) return;
    const tail = readFileSync(DAEMON_LOG, "utf8").trim().split("\n").slice(-15);
    throw new UserError(`The Docker daemon does not start. The end of ${DAEMON_LOG}:\n  ${tail.join("\n  ")}`);
  });
}

function serviceCommands(): string[][] {
  if (existsSync("/run/systemd/system")) return [["systemctl", "start", "docker"]];
  return existsSync("/etc/init.d/docker") ? [["service", "docker", "start"]] : [];
}

async function poll(answers: () => Promise<boolean>, seconds: number): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  do {
    if (await answers()) return true;
    await sleep(250);
  } while (performance.now() < end);
  return false;
}
