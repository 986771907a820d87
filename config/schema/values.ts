import { z } from "zod";

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
/** A number in `[min, max]`; `unit` is part of the message and of the docs. */
export const quantity = (min: number, max: number, unit: string, example: number, whole = true) => {
  const number = z.number({ error: typeError(String(example)) });
  const range = { error: `is out of range: use ${min} to ${max} ${unit}` };
  return (whole ? number.int({ error: `is not a whole number: use for example ${example}` }) : number)
    .min(min, range)
    .max(max, range);
};

export const group = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `is not a known key: use ${Object.keys(shape).sort().join(", ")}`
        : typeError(`"${Object.keys(shape)[0]}: …"`)(issue),
  });
/** A branch name that needs no quoting anywhere; git itself allows more. */
export const branch = (example: string) =>
  pattern(
    /^(?!.*(?:\.\.|\/\/|\/\.|\.lock(?:\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,99}(?<![/.])$/,
    "branch",
    'up to 100 of letters, digits, ".", "_", "/" and "-", starting with a letter or digit',
    example,
  );
/** A repository's name: also a folder, and part of a host name below live. */
export const repository = pattern(
  /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
  "repository",
  '1–40 of a-z, 0-9 and "-", starting and ending with a letter or digit',
  "app",
).refine((name) => !name.startsWith("xn--"), {
  error: 'begins with "xn--", which browsers take for an encoded international name: choose another name',
});
export const url = (example: string) =>
  pattern(/^https?:\/\/[^\s\p{Cc}\p{Cs}"'\\]+$/u, "URL", `an http:// or https:// address such as ${example}`, example);
const SECRETS = z.registry<{ readonly secret: true }>();

/** Whether `secret` made the schema, or the one that it refines. */
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
    return address % 2 ** (32 - bits) === 0;
  },
  { error: "is not a usable address pool: use an IPv4 network of /8 to /20 such as 10.192.0.0/12" },
);

/** The name of an object in the cluster. */
export const objectName = (noun: string, example: string) =>
  pattern(/^[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?$/, noun, 'its name, of a-z, 0-9, "-" and "."', example);
export const registry = pattern(
  /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)*$/,
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
