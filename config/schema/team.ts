import { z } from "zod";
import { decodeConfig } from "../decode";
import { entrance, entranceProblems } from "../entrance";
import { strayKeys } from "../namespaces";
import { reservedTeamReason, TEAM_ID } from "../naming";
import { ConfigError, describeIssue } from "../problems";
import { expression } from "../rules";
import { ci, git, mail, upstream } from "./delivery";
import { checkMemory, DEFAULT_LIVE_PHP, member, memberOptions, php } from "./member";
import { clusterProblems, docker, images, kubernetes, mirrors, registry, type TargetProblem } from "./targets";
import { httpPort, proxies, publicPort, tls, tlsProblems } from "./tls";
import { debianPackage, environment, group, pattern, quantity, repository, text, typeError } from "./values";
import { visibility } from "./visibility";

/**
 * Bytes of ids and names on the portal, which gets them in one environment variable: Linux ends those at 128 KiB. The
 * repositories and their addresses take up to 40 KiB of it.
 */
const ROSTER_LIMIT = 80 * 1024;
const rosterSize = (members: readonly { id: string; name?: string | undefined }[]) =>
  Buffer.byteLength(JSON.stringify(members.map(({ id, name }) => ({ id, name }))));

export const teamConfig = group({
  team: pattern(TEAM_ID, "team", "1–20 of a-z and 0-9, starting with a letter", "hackathon")
    .default("muster")
    .describe("Name of the team: the prefix of every container, network and volume."),
  target: z
    .enum(["docker", "kubernetes"], { error: "is not a known target: use docker or kubernetes" })
    .default("docker")
    .describe("Where the environment runs."),
  domain: text("dev.example.org")
    .refine((domain) => !/^[\d.]+$/.test(domain), {
      error: "is an IP address, below which no host names exist: use a domain such as localhost",
      abort: true,
    })
    .regex(expression("domain"), {
      error:
        'is not a valid domain: use lower-case labels of a-z, 0-9 and "-" joined by dots, ' +
        "such as localhost or dev.example.org",
      abort: true,
    })
    .refine((domain) => URL.canParse(`http://${domain}`), {
      error: 'has a label that begins with "xn--" and encodes nothing: write the domain as browsers show its address',
    })
    .default("localhost")
    .describe("Domain below which every host name lives. Browsers resolve *.localhost by themselves."),
  listen: z
    .ipv4({ error: "is not an IPv4 address: use for example 127.0.0.1, or 0.0.0.0 for every interface" })
    .optional()
    .describe(
      "Address of the host that the port is published on. " +
        "Default: 127.0.0.1 for localhost and the domains below it, else 0.0.0.0.",
    ),
  port: quantity(1, 65_535, "(a TCP port)", 8080)
    .optional()
    .describe("The one published port. Default: 443 where the gateway encrypts, else 8080."),
  tls,
  httpPort,
  proxies,
  publicPort,
  members: z
    .array(member, { error: typeError("- id: alice") })
    .min(1, { error: "has no member: add one, for example - id: alice" })
    .max(1000, { error: "has too many members: use one team for each 1000" })
    .refine((members) => rosterSize(members) <= ROSTER_LIMIT, {
      error: `has names that need more than the portal's ${ROSTER_LIMIT / 1024} KiB: shorten them, or leave some out`,
    })
    .superRefine((members, context) => {
      const first = new Map<string, number>();
      for (const [index, { id }] of members.entries()) {
        const seen = first.get(id);
        if (seen === undefined) first.set(id, index);
        else
          context.addIssue({
            code: "custom",
            path: [index, "id"],
            input: id,
            message: `is already the id of members/${seen}: give each member an id of their own`,
          });
      }
    })
    .describe("The roster: one entry for each member."),
  environment: environment("everybody: every member and the live server"),
  defaults: group(memberOptions)
    .prefault({})
    .describe("Options for every member; a member's own entry overrides them key by key."),
  repositories: z
    .array(repository, { error: typeError("[app]") })
    .min(1, { error: "is empty: name one repository, for example [app]" })
    .max(50, { error: "has too many entries: list at most 50; others are made at their first push" })
    .refine((names) => new Set(names).size === names.length, {
      error: "names a repository twice: list each once",
    })
    .default(["app"])
    .describe(
      "Repositories on the git server. The first is what members' workspaces hold and what live.<domain> shows; " +
        "each starts as a small project with tests. Default [app].",
    ),
  upstream: upstream
    .optional()
    .describe(
      "Where the repositories of the roster are, when the team has a git server already. Default: Muster's own.",
    ),
  git: git.prefault({}).describe("Options of the git server."),
  ci: ci.prefault({}).describe("Options of the CI runner."),
  live: group({
    limits: memberOptions.limits,
    php: php(DEFAULT_LIVE_PHP.displayErrors),
    cache: memberOptions.cache,
    environment: environment("the live sites and their migrations"),
    mail,
  })
    .prefault({})
    .describe("Options of the live server, as a member's; PHP errors are not shown by default."),
  visibility,
  packages: z
    .array(debianPackage, { error: typeError("[imagemagick, php8.4-tidy]") })
    .max(50, { error: "has too many entries: list at most 50 packages" })
    .refine((names) => new Set(names).size === names.length, { error: "names a package twice: list each once" })
    .default([])
    .describe(
      "Debian packages that web servers, editors, the CI and the live server have besides, such as php8.4-tidy; " +
        "prebuilt images have what they were built with. Default: none.",
    ),
  docker,
  kubernetes,
  registry,
  images,
  mirrors,
  certificates: text("/usr/local/share/ca-certificates")
    .optional()
    .describe(
      "File or folder (*.crt) with extra CA certificates to trust in every image. " +
        "Default: /usr/local/share/ca-certificates of the machine that runs Muster.",
    ),
}).superRefine((config, context) => {
  checkMemory(config, context);
  const problems = [...entranceProblems(entrance(config)), ...tlsProblems(config), ...targetProblems(config)];
  for (const { path, message } of problems) {
    const input = path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config);
    context.addIssue({ code: "custom", path: [...path], input, message });
  }
});

/** What is wrong with a target's values that are each right by themselves. */
function targetProblems(config: TeamConfig): Iterable<TargetProblem> {
  switch (config.target) {
    case "docker": {
      const reason = reservedTeamReason(config.team);
      return reason === undefined ? [] : [{ path: ["team"], message: `${reason}: choose another name` }];
    }
    case "kubernetes":
      return clusterProblems({ ...config, port: entrance(config).listenPort });
    default: {
      const exhaustive: never = config.target;
      return exhaustive;
    }
  }
}

export type TeamConfig = z.output<typeof teamConfig>;
/** A whole team as a program writes it; the keys are those of a stack's config. */
export type TeamOptions = z.input<typeof teamConfig>;
export type CiOptions = z.input<typeof ci>;
export type GitOptions = z.input<typeof git>;
export type ClusterOptions = z.input<typeof kubernetes>;
export type MemberConfig = TeamConfig["members"][number];
export type MemberOptions = TeamConfig["defaults"];

/**
 * Validates the value of every `muster:` key at once.
 *
 * @param raw an object whose keys are the config keys without their namespace
 * @throws ConfigError that lists every problem as `config/<path>: <value> <what is wrong>: <remedy>`
 */
export const parseTeamConfig = (raw: unknown): TeamConfig => parseOptions(teamConfig, raw, "config");

/**
 * Validates the options that a component takes by itself.
 *
 * @param root what the paths of messages begin with
 * @throws ConfigError as that of `parseTeamConfig`
 */
export function parseOptions<S extends z.ZodType>(schema: S, raw: unknown, root: string): z.output<S> {
  const result = schema.safeParse(raw, { reportInput: true });
  if (result.success) return result.data;
  throw new ConfigError([...new Set(result.error.issues.flatMap((issue) => describeIssue(issue, raw, schema, root)))]);
}

/**
 * Validates config as the engine passes it, with the keys that only seem to be somebody else's.
 *
 * @param config full keys; every value as a string
 * @param namespace the project's name
 * @throws ConfigError as `parseTeamConfig`
 */
export function readTeamConfig(config: Readonly<Record<string, string>>, namespace: string): TeamConfig {
  const strays = strayKeys(Object.keys(config), namespace, Object.keys(teamConfig.shape));
  if (strays.length === 0) return parseTeamConfig(decodeConfig(config, namespace));
  // Read as what they were meant to be, so that their own problems are said too.
  const meant = strays.map(({ key, meant }) => [`${namespace}:${meant}`, config[key]]);
  const problems = strays.map(({ problem }) => problem);
  try {
    parseTeamConfig(decodeConfig({ ...Object.fromEntries(meant), ...config }, namespace));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  throw new ConfigError(problems);
}
