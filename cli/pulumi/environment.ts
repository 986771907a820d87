import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { createText, writeText } from "../../config/files";
import { UserError } from "../errors";
import { passphraseFile as ownPassphraseFile, type Project, pulumiHome, type Stack, stateFolder } from "../project";

/** Where Pulumi keeps state and how it encrypts secrets, as the variables that its CLI reads. */
export interface PulumiEnvironment {
  readonly env: NodeJS.ProcessEnv;
  /** Who chose the backend. */
  readonly backend: "PULUMI_BACKEND_URL" | "Pulumi.yaml" | "login" | "project";
  /** Folder of the project's own backend. */
  readonly state: string;
  /** The generated passphrase, or undefined when the user has one of their own. */
  readonly passphraseFile: string | undefined;
}

export interface Situation {
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  /** `backend: url` of Pulumi.yaml. */
  readonly projectBackend: string | undefined;
  /** The backend of `pulumi login`. */
  readonly login: string | undefined;
  /** Whether the project's own backend has stacks already. */
  readonly hasState: boolean;
}

/** What makes updates shorter (docs/adr/0005-engine-speed.md); a variable that the user has set stays as it is. */
const SPEED = {
  // Of the engine and its plugins: they live for seconds, and collect garbage only to stay small.
  GOGC: "400",
  PULUMI_PARALLEL_DIFF: "true",
} as const;

/**
 * The user's own choices come first: `PULUMI_BACKEND_URL`, `backend` in Pulumi.yaml, a login, a passphrase variable.
 * Otherwise state and passphrase live in the project's git-ignored folder. Once that folder has state, a login that
 * came later does not move the stack away from it.
 */
export function resolveEnvironment({ env, home, projectBackend, login, hasState }: Situation): PulumiEnvironment {
  const state = stateFolder({ home });
  const backend = env.PULUMI_BACKEND_URL
    ? "PULUMI_BACKEND_URL"
    : projectBackend
      ? "Pulumi.yaml"
      : login && !hasState
        ? "login"
        : "project";
  const ownPassphrase = env.PULUMI_CONFIG_PASSPHRASE !== undefined || Boolean(env.PULUMI_CONFIG_PASSPHRASE_FILE);
  const passphraseFile = ownPassphrase ? undefined : ownPassphraseFile({ home });
  return {
    backend,
    state,
    passphraseFile,
    env: {
      ...SPEED,
      ...env,
      ...(backend === "project" ? { PULUMI_BACKEND_URL: pathToFileURL(state).href } : {}),
      ...(passphraseFile === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile }),
      PULUMI_SKIP_UPDATE_CHECK: env.PULUMI_SKIP_UPDATE_CHECK ?? "true",
    },
  };
}

/** The environment of the Pulumi CLI for this project on this machine. Creates nothing. */
export function pulumiEnvironment(project: Project, env: NodeJS.ProcessEnv): PulumiEnvironment {
  return resolveEnvironment({
    env,
    home: project.home,
    projectBackend: project.backend,
    login: currentLogin(env),
    hasState: existsSync(join(stateFolder(project), ".pulumi")),
  });
}

function currentLogin(env: NodeJS.ProcessEnv): string | undefined {
  if (env.PULUMI_ACCESS_TOKEN) return "https://api.pulumi.com";
  const file = join(env.PULUMI_CREDENTIALS_PATH || pulumiHome(env), "credentials.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")).current || undefined;
  } catch {
    return undefined;
  }
}

/** Creates the state folder and the passphrase where they are the project's own and missing. */
export function prepareEnvironment({ backend, state, passphraseFile }: PulumiEnvironment): void {
  if (backend === "project") mkdirSync(state, { recursive: true, mode: 0o700 });
  if (passphraseFile === undefined || existsSync(passphraseFile)) return;
  mkdirSync(dirname(passphraseFile), { recursive: true, mode: 0o700 });
  // Another stack's first up may be here too.
  createText(passphraseFile, `${randomBytes(24).toString("base64url")}\n`, 0o600);
}

/**
 * Deals with a stack file that was encrypted elsewhere: Pulumi writes the passphrase's check value into it, and the
 * file is committed, but the passphrase is not. While nothing in the file is encrypted the value is of no use, and is
 * taken out, so that a clone works with a passphrase of its own.
 *
 * @returns whether the file was changed
 * @throws UserError when the file holds encrypted values, or when the state was encrypted with a passphrase that is
 * gone
 */
export function adoptStackFile(stack: Stack, { backend, state, passphraseFile }: PulumiEnvironment): boolean {
  if (passphraseFile === undefined || existsSync(passphraseFile) || !existsSync(stack.file)) return false;
  if (backend === "project" && existsSync(stateFile(state, stack))) {
    throw new UserError(
      `The passphrase in ${passphraseFile} is gone, and without it nobody can read the passwords in ${state}.\n` +
        "Put it back; or give the state up: remove that folder, run npm run down, then npm run up (data volumes stay).",
    );
  }
  const text = readFileSync(stack.file, "utf8");
  const adopted = withoutSalt(text);
  if (adopted === undefined) {
    throw new UserError(
      `${stack.file} holds values that were encrypted with a passphrase which this folder does not have.\n` +
        `Put that passphrase into ${passphraseFile}, or set PULUMI_CONFIG_PASSPHRASE.`,
    );
  }
  if (adopted === text) return false;
  writeText(stack.file, adopted);
  return true;
}

/** The stack file without its `encryptionsalt`, or undefined when something in it is encrypted. */
export function withoutSalt(text: string): string | undefined {
  if (!/^encryptionsalt:/m.test(text)) return text;
  if (/^\s+(?:- )?(?:[^\s#]+:\s*\{?\s*)?["']?secure["']?\s*:/m.test(text)) return undefined;
  return text.replace(/^encryptionsalt:.*\n?/m, "");
}

/** The file with the stack's state; undefined where the user has chosen another backend than the project's own. */
export const localState = ({ backend, state }: PulumiEnvironment, stack: Stack): string | undefined =>
  backend === "project" ? stateFile(state, stack) : undefined;

/** The file in which a folder backend keeps the state of `stack`. */
export const stateFile = (state: string, { project, shortName }: Stack): string =>
  join(state, ".pulumi", "stacks", project.name, `${shortName}.json`);
