import { z } from "zod";
import { MEMBER_ID, reservedReason, TEAM_ID } from "./naming";

/**
 * The shape of stack config, key by key. Pure: what it accepts, `config/members` resolves.
 *
 * Messages complete the sentence `<path>: <value> …` and end in the remedy; `roster.schema.json` and the README's
 * reference are generated from the same definitions.
 */

const KIND: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of keys",
};

/** The remedy for a value of another type than the schema's. */
const typeError = (example: string) => (issue: { code?: string | undefined; expected?: unknown; input?: unknown }) => {
  if (issue.code !== "invalid_type") return undefined;
  if (issue.input === undefined) return `is missing: add it, for example ${example}`;
  return `is not ${KIND[String(issue.expected)] ?? String(issue.expected)}: write for example ${example}`;
};

const text = (example: string) => z.string({ error: typeError(example) });

const pattern = (expression: RegExp, noun: string, rule: string, example: string) =>
  text(example).regex(expression, { error: `is not a valid ${noun}: use ${rule}` });

/** A number in `[min, max]`; `unit` is part of the message and of the docs. */
const quantity = (min: number, max: number, unit: string, example: number, whole = true) => {
  const number = z.number({ error: typeError(String(example)) });
  const range = { error: `is out of range: use ${min} to ${max} ${unit}` };
  return (whole ? number.int({ error: `is not a whole number: use for example ${example}` }) : number)
    .min(min, range)
    .max(max, range);
};

const group = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `is not a known key: use ${Object.keys(shape).sort().join(", ")}`
        : typeError(`"${Object.keys(shape)[0]}: …"`)(issue),
  });

/** Memory below `minMemory` MiB keeps the software from starting, so it is refused here rather than at run time. */
const limits = (what: string, minMemory: number, defaults: { memory: number; cpus: number }) =>
  group({
    memory: quantity(minMemory, 1_048_576, "MiB", defaults.memory)
      .optional()
      .describe(`Memory of ${what} in MiB; swap is not added to it. Default ${defaults.memory}.`),
    // The Docker provider reads less back as 0.1.
    cpus: quantity(0.1, 256, "CPUs", defaults.cpus, false)
      .optional()
      .describe(`CPUs of ${what}; fractions are allowed. Default ${defaults.cpus}.`),
  });

/** Built-in limits, in MiB and CPUs. */
export const DEFAULT_LIMITS = {
  web: { memory: 384, cpus: 1 },
  db: { memory: 384, cpus: 1 },
  cache: { memory: 96, cpus: 0.5 },
  code: { memory: 1536, cpus: 2 },
} as const;

export const DEFAULT_PHP = {
  memoryLimit: 128,
  uploadLimit: 64,
  maxExecutionTime: 30,
  displayErrors: true,
  timezone: "UTC",
} as const;

const timezones = new Set([...Intl.supportedValuesOf("timeZone"), "UTC"]);

const memberOptions = {
  limits: group({
    web: limits("Apache and PHP", 96, DEFAULT_LIMITS.web).optional(),
    db: limits("MariaDB", 192, DEFAULT_LIMITS.db).optional(),
    cache: limits("Redis", 32, DEFAULT_LIMITS.cache).optional(),
    code: limits("the VS Code server and its terminals", 384, DEFAULT_LIMITS.code).optional(),
  })
    .optional()
    .describe("Memory and CPU limits of each workload."),
  php: group({
    memoryLimit: quantity(16, 65_536, "MiB", 128).optional().describe("PHP's memory_limit in MiB. Default 128."),
    uploadLimit: quantity(1, 64, "MiB", 64)
      .optional()
      .describe("Largest upload in MiB (the gateway carries 64). Default 64."),
    maxExecutionTime: quantity(1, 3600, "seconds", 30)
      .optional()
      .describe("PHP's max_execution_time in seconds. Default 30."),
    displayErrors: z
      .boolean({ error: typeError("true") })
      .optional()
      .describe("Show PHP errors in the page. Default true."),
    timezone: text("Europe/Berlin")
      .refine((zone) => timezones.has(zone), { error: "is not a known time zone: use a name such as Europe/Berlin" })
      .optional()
      .describe("Time zone of PHP and of the terminal, by its IANA name. Default UTC."),
  })
    .optional()
    .describe("PHP settings of the member's Apache."),
  cache: z
    .enum(["none", "redis"], { error: "is not a known cache: use none or redis" })
    .optional()
    .describe("redis adds a Redis of the member's own, which also holds the PHP sessions. Default none."),
  extensions: z
    .array(
      pattern(
        /^[A-Za-z0-9][\w-]*\.[A-Za-z0-9][\w.-]*(?:@[\w.-]+)?$/,
        "extension",
        "its identifier, publisher.name or publisher.name@version",
        "xdebug.php-debug",
      ),
      { error: typeError("[xdebug.php-debug]") },
    )
    .max(50, { error: "has too many entries: list at most 50 extensions" })
    .optional()
    .describe("VS Code extensions to install from Open VSX at the editor's start. Default none."),
};

const member = group({
  id: text("alice")
    .superRefine((id, context) => {
      if (!MEMBER_ID.test(id)) {
        context.addIssue({
          code: "custom",
          input: id,
          message: 'is not a valid id: use 1–20 of a-z, 0-9 and "-", starting with a letter and not ending in "-"',
        });
        return;
      }
      const reason = reservedReason(id);
      if (reason) context.addIssue({ code: "custom", input: id, message: `${reason}: choose another id` });
    })
    .describe("The member's id: part of host, container and volume names, and never to be changed."),
  name: text("Alice Kim")
    .min(1, { error: "is empty: leave the key out to show the id instead" })
    .max(80, { error: "is too long: use at most 80 characters" })
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u, { error: "has control characters: use a name on one line" })
    .optional()
    .describe("Name shown on the portal and in commits. Default: the id."),
  email: text("alice@example.org")
    .max(254, { error: "is too long: use at most 254 characters" })
    .regex(/^[^\s\p{Cc}\p{Cs}@<>"]+@[^\s\p{Cc}\p{Cs}@<>"]+$/u, { error: "is not an e-mail address: use name@host" })
    .optional()
    .describe("Address for commits. Default: <id>@<domain>."),
  ...memberOptions,
});

const url = (example: string) =>
  pattern(/^https?:\/\/[^\s\p{Cc}\p{Cs}"'\\]+$/u, "URL", `an http:// or https:// address such as ${example}`, example);

/** An IPv4 block wide enough to cut /28 networks from. */
const subnetPool = text("10.192.0.0/12").refine(
  (cidr) => {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
    if (!match) return false;
    const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
    if ([a, b, c, d].some((octet) => octet > 255) || bits < 8 || bits > 20) return false;
    const address = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    return address % 2 ** (32 - bits) === 0;
  },
  { error: "is not a usable address pool: use an IPv4 network of /8 to /20 such as 10.192.0.0/12" },
);

export const teamConfig = group({
  team: pattern(TEAM_ID, "team", "1–20 of a-z and 0-9, starting with a letter", "hackathon")
    .default("muster")
    .describe("Name of the team: the prefix of every container, network and volume."),
  target: z
    .enum(["docker", "kubernetes"], { error: "is not a known target: use docker or kubernetes" })
    .default("docker")
    .describe("Where the environment runs."),
  domain: pattern(
    /^(?=.{1,190}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/,
    "domain",
    'lower-case labels of a-z, 0-9 and "-" joined by dots, such as localhost or dev.example.org',
    "dev.example.org",
  )
    .refine((domain) => !/^[\d.]+$/.test(domain), {
      error: "is an IP address, below which no host names exist: use a domain such as localhost",
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
  port: quantity(1, 65_535, "(a TCP port)", 8080).default(8080).describe("The one published port."),
  members: z
    .array(member, { error: typeError("- id: alice") })
    .min(1, { error: "has no member: add one, for example - id: alice" })
    .max(1000, { error: "has too many members: use one team for each 1000" })
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
  defaults: group(memberOptions)
    .default({})
    .describe("Options for every member; a member's own entry overrides them key by key."),
  docker: group({
    subnets: subnetPool
      .default("10.192.0.0/12")
      .describe(
        "Address pool for the members' private networks (a /28 each). Choose one that your network does not use.",
      ),
  })
    .prefault({})
    .describe("Options of the docker target."),
  kubernetes: group({
    context: text("kind-dev")
      .min(1, { error: "is empty: leave the key out to use the current context" })
      .optional()
      .describe("Context of the kubeconfig. Default: its current one."),
    registry: pattern(
      /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)*$/,
      "registry",
      "host[:port][/path], such as registry.example.org/muster",
      "registry.example.org/muster",
    )
      .optional()
      .describe("Registry that holds the images. Required for the kubernetes target."),
    storageClass: pattern(
      /^[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?$/,
      "storage class",
      'its name, of a-z, 0-9, "-" and "."',
      "standard",
    )
      .optional()
      .describe("Storage class of every volume. Default: the cluster's own."),
    storage: quantity(1, 10_240, "GiB", 5).default(5).describe("Size of every volume in GiB."),
  })
    .prefault({})
    .describe("Options of the kubernetes target."),
  mirrors: group({
    apt: url("http://deb.debian.org/debian").optional().describe("Debian mirror."),
    aptSecurity: url("http://deb.debian.org/debian-security")
      .optional()
      .describe("Mirror of Debian's security updates."),
    npm: url("https://npm.example.org").optional().describe("npm registry."),
    pypi: url("https://pypi.example.org/simple").optional().describe("Python package index."),
  })
    .default({})
    .describe("Package mirrors for image builds and for the members' terminals. Default: each client's own."),
  certificates: text("/usr/local/share/ca-certificates")
    .optional()
    .describe(
      "File or folder (*.crt) with extra CA certificates to trust in every image. " +
        "Default: /usr/local/share/ca-certificates of the machine that runs Muster.",
    ),
});

export type TeamConfig = z.output<typeof teamConfig>;
export type MemberConfig = TeamConfig["members"][number];
export type MemberOptions = TeamConfig["defaults"];

/** Config that cannot be used. `problems` has a line for each fault; the message is all of them. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `${problems.length === 1 ? "A problem" : `${problems.length} problems`} in the stack's config; nothing was changed.\n` +
        problems.map((problem) => `  ${problem}`).join("\n"),
    );
    this.name = "ConfigError";
  }
}

/**
 * Validates the value of every `muster:` key at once.
 *
 * @param raw an object whose keys are the config keys without their namespace
 * @throws ConfigError that lists every problem as `config/<path>: <value> <what is wrong>: <remedy>`
 */
export function parseTeamConfig(raw: unknown): TeamConfig {
  const result = teamConfig.safeParse(raw, { reportInput: true });
  if (result.success) return result.data;
  throw new ConfigError([...new Set(result.error.issues.flatMap((issue) => describe(issue, raw)))]);
}

function describe(issue: z.core.$ZodIssue, raw: unknown): string[] {
  const where = (path: readonly PropertyKey[]) => ["config", ...path.map(String)].join("/");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${where([...issue.path, key])}: ${quote(key)} ${issue.message}`);
  }
  const value = valueAt(raw, issue.path);
  return [`${where(issue.path)}: ${value === undefined ? "" : `${quote(value)} `}${issue.message}`];
}

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], raw);

/** A value as JSON, shortened so that one problem stays one line. */
function quote(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 120 ? `${json.slice(0, 117)}…` : json;
}
