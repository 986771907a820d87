import type { AptAccess } from "./apt";
import { APT_COMMANDS } from "./docker-host";

export interface Failure {
  readonly state: "silent" | "forbidden" | "absent" | "too-old" | "no-client";
  readonly url: string;
  readonly source: string;
  readonly chosen: boolean;
  readonly message?: string;
}

/** What to do about a daemon that cannot be used. */
export function dockerAdvice(
  failure: Failure,
  machine: { readonly platform: NodeJS.Platform; readonly wsl: boolean } & AptAccess,
): string {
  const { url, source, chosen, state, message } = failure;
  const what = `Docker (${url}, from ${source})`;
  if (state === "too-old") return `${what} is version ${message}: Muster needs 20.10 or newer.`;
  if (state === "no-client") {
    return `${what} answers, but the docker command is not in PATH: install Docker's command-line client.`;
  }
  if (state === "forbidden") {
    return [
      `You may not use ${what}. Join its group, then log in again:`,
      '  sudo usermod -aG docker "$USER"',
      "  newgrp docker",
    ].join("\n");
  }
  if (chosen) {
    const remedy =
      source === "DOCKER_HOST" ? "correct or unset DOCKER_HOST" : "start it, or choose another: docker context use";
    return `${what} does not answer${message ? `: ${message}` : ""}. Muster uses no other daemon than that one: ${remedy}.`;
  }
  const steps = (first: string, ...commands: string[]) =>
    [first, ...commands.map((command) => `  ${command}`)].join("\n");
  if (machine.platform === "darwin") {
    return steps(
      "No Docker daemon answers. Start Docker Desktop, OrbStack or Colima, or install one:",
      "brew install colima docker",
      "colima start",
    );
  }
  if (machine.debianLike && machine.root) return "No Docker daemon answers: npm run up installs and starts it.";
  if (machine.wsl && state === "absent") {
    return steps(
      "No Docker daemon answers. Switch on this distribution in Docker Desktop (Settings, Resources, WSL integration), or install Docker in it:",
      ...APT_COMMANDS,
    );
  }
  if (machine.debianLike && state === "absent") {
    return steps("No Docker daemon answers. Install Docker and start it:", ...APT_COMMANDS);
  }
  return steps(
    "No Docker daemon answers. Start it (or install Docker Engine first: https://docs.docker.com/engine/install):",
    "sudo systemctl enable --now docker",
  );
}
