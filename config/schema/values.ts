import { z } from "zod";
import { SEPARATED } from "../naming";
import { expression, RANGES, type RuleName } from "../rules";

/**
 * The shape of stack config, key by key. Pure: what it accepts, `config/members` resolves.
 *
 * Messages complete the sentence `<path>: <value> …` and end in the remedy; `roster.schema.json` and the README's
 * reference are generated from the same definitions.
 */
export const KIND: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of keys",
  record: "a group of keys",
};

/** The remedy for a value of another type than the schema's. */
export const typeError =
  (example: string) => (issue: { code?: string | undefined; expected?: unknown; input?: unknown }) => {
    if (issue.code !== "invalid_type") return undefined;
    if (issue.input === undefined) return `is missing: add it, for example ${example}`;
    return `is not ${KIND[String(issue.expected)] ?? String(issue.expected)}: write for example ${example}`;
  };
export const text = (example: string) => z.string({ error: typeError(example) });
export const pattern = (expression: RegExp, noun: string, rule: string, example: string) =>
  text(example).regex(expression, { error: `is not a valid ${noun}: use ${rule}` });
/** The value of a variable. YAML takes `1.10` and `true` for something else than a text. */
export const variableValue = (example: string) =>
  z.string({
    error: (issue) =>
      issue.code === "invalid_type" && ["number", "boolean"].includes(typeof issue.input)
        ? "is not a text: put it in quotes"
        : typeError(example)(issue),
  });
/** A text that follows a rule that the images share. */
export const ruled = (name: RuleName, noun: string, rule: string, example: string) =>
  pattern(expression(name), noun, rule, example);
/** A number in `[min, max]`; `unit` is part of the message and of the docs. */
export const quantity = (min: number, max: number, unit: string, example: number, whole = true) => {
  const number = z.number({ error: typeError(String(example)) });
  const range = { error: `is out of range: use ${min} to ${max} ${unit}` };
  return (whole ? number.int({ error: `is not a whole number: use for example ${example}` }) : number)
    .min(min, range)
    .max(max, range);
};
/** A number in a range that the images share. */
export const ranged = (name: keyof typeof RANGES, unit: string, example: number) =>
  quantity(RANGES[name].min, RANGES[name].max, unit, example);

export const group = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, {
    error: typeError(`"${Object.keys(shape)[0]}: …"`),
  });
export const branch = (example: string) =>
  text(example)
    .refine((name) => name !== "HEAD", {
      error: `is git's name for what is checked out: use a branch such as ${example}`,
      abort: true,
    })
    .regex(expression("branch"), {
      error:
        'is not a valid branch: use up to 100 of letters, digits, ".", "_", "/" and "-", starting with a letter or digit',
    });
/** A repository's name: also a folder, and part of a host name. */
export const repository = pattern(
  /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
  "repository",
  '1–40 of a-z, 0-9 and "-", starting and ending with a letter or digit',
  "app",
).refine((name) => !name.includes("--"), { error: `${SEPARATED}: choose another name` });
export const url = (example: string) =>
  pattern(/^https?:\/\/[^\s\p{Cc}\p{Cs}"'\\]+$/u, "URL", `an http:// or https:// address such as ${example}`, example)
    .max(1000, { error: "is too long: use at most 1000 characters" })
    .refine((address) => !/^https?:/.test(address) || URL.canParse(address), {
      error: `has no valid host or port: use an address such as ${example}`,
    });
const SECRETS = z.registry<{ readonly secret: true }>();

/** Marks a schema's values as secret: they are in no message, and exports only refer to them. */
export function concealed<S extends z.ZodType>(schema: S): S {
  SECRETS.add(schema, { secret: true });
  return schema;
}

/** Whether `concealed` marked the schema, or the one that it refines. */
export const isSecret = (schema: z.ZodType): boolean => SECRETS.get(schema) !== undefined;

/**
 * A secret that goes through environment files, headers and URLs without quoting. It carries a mark: its value is in no
 * message, and exports only refer to it.
 */
export const secret = (minLength: number, what: string) =>
  pattern(/^[A-Za-z0-9._~+/=-]*$/, what, 'letters, digits, ".", "_", "~", "+", "/", "=" and "-"', "0123456789abcdef")
    .min(minLength, { error: `is too short: use at least ${minLength} characters` })
    .max(500, { error: "is too long: use at most 500 characters" })
    .register(SECRETS, { secret: true });

/** A network of addresses, IPv4 or IPv6. */
export const network = text("10.0.0.0/8").refine(
  (value) => z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]).safeParse(value).success,
  { error: "is not a network: use addresses such as 10.0.0.0/8 or fd00::/8" },
);
/** Names that Muster's own programs, shells and the systems below them give a meaning to. */
const RESERVED_VARIABLE = new RegExp(
  `^(?:${[
    "(?:APACHE|BUILDBOT|CI|CODE_SERVER|COMPOSER|DB|GIT|LC|LD|LIVE|MAIL|MARIADB|MEMBER|MUSTER|NPM_CONFIG|PHP|PORTAL|REDIS|SITE|SMTP|VSCODE|WORKER)_.*",
    "AUTHORITY_URL|BASH_ENV|CURL_CA_BUNDLE|DEBUG_HOST|DOCUMENT_ROOT|EDITOR_HOST|ENV|EXTENSIONS|HASHED_PASSWORD|HOME|HOSTNAME|IFS|LANG|LANGUAGE",
    "LOGNAME|MYSQL_HOME|NODE_EXTRA_CA_CERTS|OLDPWD|PASSWORD|PASSWORD_FILE|PATH|PHPRC|PIP_CERT|PORT|PUBLIC_DOMAIN|PUBLIC_FORWARDS|PWD|PYTHON.*|RELEASES_ROOT|REQUESTS_CA_BUNDLE|REPOSITORY|RES_OPTIONS|SHARED_ROOT",
    "SHELL|SHLVL|SIGN_IN|SSL_CERT_FILE|TEAM|TERM|TMPDIR|TZ|UID|USER|WORKSPACE",
  ].join("|")})$`,
  "i",
);

/** Characters of the name and value of all variables together: Linux gives a program 128 KiB for each. */
const ENVIRONMENT_LIMIT = 64 * 1024;

/** Environment variables whose values are secrets: in no message, and exports only refer to them. */
export const environment = (noun: string) =>
  z
    .record(
      text("APP_ENV")
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, {
          error: "is not a variable's name: use up to 100 of letters, digits and _, and no digit first",
        })
        .refine((name) => !RESERVED_VARIABLE.test(name), {
          error: "is a variable of Muster's own or of the system: choose another name, for example with APP_ before it",
        }),
      variableValue("production")
        .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: "has control characters: use a value on one line" })
        .max(8192, { error: "is too long: use at most 8192 characters" })
        .register(SECRETS, { secret: true }),
      { error: typeError("APP_ENV: production") },
    )
    .refine((variables) => JSON.stringify(variables).length <= ENVIRONMENT_LIMIT, {
      error: `has more than ${ENVIRONMENT_LIMIT / 1024} KiB: leave some out`,
    })
    .default({})
    .describe(
      `Environment variables of ${noun}: PHP sees them (getenv, $_SERVER), terminals and migrations too. ` +
        "Values may be secrets: npx pulumi config set --secret --path.",
    );

/** User and password are given together, or not at all. */
export function accountProblems(
  { user, password }: { readonly user?: string | undefined; readonly password?: string | undefined },
  context: z.RefinementCtx,
): void {
  const missing = (key: string, reason: string) =>
    context.addIssue({
      code: "custom",
      path: [key],
      input: undefined,
      message: `is missing: ${reason}, or leave both out`,
    });
  if (user !== undefined && password === undefined) missing("password", "the user has one");
  if (password !== undefined && user === undefined) missing("user", "the password belongs to one");
}

export const emailAddress = (example: string) =>
  text(example)
    .max(254, { error: "is too long: use at most 254 characters" })
    .regex(/^[^\s\p{Cc}\p{Cs}@<>"]+@[^\s\p{Cc}\p{Cs}@<>"]+$/u, { error: "is not an e-mail address: use name@host" });
/** A package of Debian's, by the rule of its policy. */
export const debianPackage = pattern(
  /^[a-z0-9][a-z0-9+.-]{1,99}$/,
  "package",
  'its name in Debian: of a-z, 0-9, "+", "-" and ".", such as php8.4-tidy',
  "php8.4-tidy",
);

/** An IPv4 block wide enough to cut /28 networks from. */
export const subnetPool = text("10.192.0.0/12").refine(
  (cidr) => {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
    if (!match) return false;
    const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
    if ([a, b, c, d].some((octet) => octet > 255) || bits < 8 || bits > 20) return false;
    const address = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    // Neither this machine's own addresses nor those that no host can have.
    if (a === 0 || a === 127 || a >= 224 || (a === 169 && b === 254)) return false;
    return address % 2 ** (32 - bits) === 0;
  },
  { error: "is not a usable address pool: use an IPv4 network of /8 to /20 such as 10.192.0.0/12" },
);

/** The parts of an image's reference, as Docker reads it. */
export const IMAGE_HOST = "[a-z0-9]+(?:(?:\\.|-+)[a-z0-9]+)*(?::[1-9][0-9]{0,4})?";
export const IMAGE_PATH = "[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*";

/** The name of an object in the cluster. */
export const objectName = (noun: string, example: string) =>
  pattern(
    /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/,
    noun,
    'its name, of a-z, 0-9, "-" and "."',
    example,
  );
export const registry = pattern(
  new RegExp(`^${IMAGE_HOST}(?:/${IMAGE_PATH})*$`),
  "registry",
  "host[:port][/path], such as registry.example.org/muster",
  "registry.example.org/muster",
);

export const annotations = z
  .record(
    text("example.org/scheme").regex(
      /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/,
      {
        error: "is not an annotation's name: use for example example.org/scheme",
      },
    ),
    text("internal"),
    { error: typeError("example.org/scheme: internal") },
  )
  .default({});
