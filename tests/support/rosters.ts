import fc from "fast-check";
import { RANGES } from "../../config/rules";
import { teamConfig } from "../../config/schema/team";
import { TIMEZONES } from "../../config/timezones";

/** What shells, JSON, option files, URLs and terminals each trip over. */
const HOSTILE = [
  ...["", " ", "\u00a0", "a\tb", "a\nb", "\n", "a\0b", "\ud800", "\u007f", "\u0085", "\u2028", "\u200b", "\ufeff"],
  ...[
    "a'b\"c",
    "`id`",
    "$(id)",
    "${PATH}",
    "\\",
    "%s%d",
    "{member}",
    "<b>",
    "&amp;",
    "a=b",
    "a,b",
    "a;b|c&d",
    "*",
    "~",
  ],
  ...["#", "-x", "--", "a//b", "dist/", "../a", "a..b", ".a", "a.lock", "a.git", "é".repeat(40), "x".repeat(8192)],
  ...["constructor", "__proto__", "undefined", "null", "0", "김하나", "🦄", ".", "on", "2026-01-01"],
];
const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 30 }));
/** Mostly of the right shape, so that one of several texts is not always the one that is refused. */
const like = (shape: RegExp) =>
  fc.oneof({ weight: 3, arbitrary: fc.stringMatching(shape) }, { weight: 1, arbitrary: text });
const within = ({ min, max }: { min: number; max: number }) =>
  fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }));

const cpus = fc.constantFrom(0.1, 0.25, 1, 256);
const limited = (min: number, max: number) => fc.record({ memory: within({ min, max }), cpus }, { requiredKeys: [] });
const limits = fc.record(
  {
    web: limited(96, 1024),
    cache: limited(32, 1_048_576),
    db: limited(192, 1_048_576),
    code: limited(384, 4096),
  },
  { requiredKeys: [] },
);
/** Names that programs of the images, and what these run on, give a meaning to, beside what projects use. */
const VARIABLES = [
  ...[
    "APP_KEY",
    "NODE_ENV",
    "DEBUG",
    "MYSQL_HOST",
    "DATABASE_URL",
    "http_proxy",
    "HTTPS_PROXY",
    "NO_PROXY",
    "XDEBUG_MODE",
  ],
  ...[
    "PUBLIC_DOMAIN",
    "PUBLIC_FORWARDS",
    "SIGN_IN",
    "WORKERS",
    "MYSQL_HOME",
    "GATEWAY_DOMAIN",
    "LISTEN_FDS",
    "APP_FILE",
  ],
  ...[
    "CODE_SERVER_CONFIG",
    "VSCODE_PROXY_URI",
    "NODE_OPTIONS",
    "OPENSSL_CONF",
    "TEMP",
    "_",
    "__proto__",
    "constructor",
  ],
];
const variables = (name: fc.Arbitrary<string> = fc.constantFrom(...VARIABLES)) =>
  fc.dictionary(fc.oneof(name, like(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/)), text, { maxKeys: 3 });

const options = {
  environment: variables(),
  limits,
  php: fc.record(
    {
      memoryLimit: within({ min: 16, max: 400 }),
      uploadLimit: within({ min: 1, max: 64 }),
      maxExecutionTime: within({ min: 1, max: 3600 }),
      displayErrors: fc.boolean(),
      timezone: fc.constantFrom(...TIMEZONES),
    },
    { requiredKeys: [] },
  ),
  cache: fc.constantFrom("none", "redis"),
};
const extensions = fc.array(like(/^[a-z]{1,9}\.[a-z-]{1,9}(@[0-9.]{1,5})?$/), { maxLength: 3 });
const member = fc.record(
  {
    id: like(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/),
    name: text,
    email: like(/^[a-z+.]{1,9}@[a-z.]{1,9}$/),
    role: fc.constantFrom("member", "organiser"),
    ...options,
    extensions,
  },
  { requiredKeys: ["id"] },
);
const branch = like(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/);
const ci = fc.record(
  {
    deployBranch: branch,
    workers: within(RANGES.workers),
    timeout: within(RANGES.timeout),
    steps: fc.array(fc.record({ name: text, command: text }), { maxLength: 3 }),
    environment: variables(),
    workflows: fc.constantFrom("run", "warn", "off"),
    unrunnable: fc.constantFrom("warn", "fail"),
    newRepositories: fc.constantFrom("test", "live"),
    limits: limited(256, 4096),
    dist: like(/^[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}$/),
    anonymous: fc.boolean(),
  },
  { requiredKeys: [] },
);
const address = like(/^https?:\/\/[a-z0-9.:[\]-]{1,30}(\/[a-z0-9%_.-]{0,30}){0,3}$/);
const upstream = fc.record(
  {
    provider: fc.constantFrom("github", "gitlab", "gitea", "git"),
    url: address,
    pollInterval: within(RANGES.pollInterval),
    token: fc.stringMatching(/^[A-Za-z0-9._~+/=-]{1,40}$/),
    webhookSecret: fc.stringMatching(/^[A-Za-z0-9._~+/=-]{16,40}$/),
    user: like(/^[A-Za-z0-9._-]{1,100}$/),
  },
  { requiredKeys: ["provider", "url"] },
);
const mail = fc.record(
  {
    relay: like(/^[a-z0-9.-]{1,20}:[1-9][0-9]{0,3}$/),
    from: like(/^[a-z+.]{1,9}@[a-z.]{1,9}$/),
    user: text,
    password: fc.stringMatching(/^[A-Za-z0-9._~+/=-]{1,40}$/),
    tls: fc.boolean(),
  },
  { requiredKeys: ["relay", "from"] },
);
const tls = fc.oneof(
  fc.constantFrom("own", "off"),
  fc.record({
    acme: fc.record(
      {
        email: like(/^[a-z+.]{1,9}@[a-z.]{1,9}$/),
        directory: fc.oneof(fc.constant("https://acme.example.org/directory"), address),
        dns: fc.record({ provider: like(/^[a-z0-9]{1,30}$/), environment: variables(like(/^[A-Z][A-Z0-9_]{0,20}$/)) }),
      },
      { requiredKeys: ["email"] },
    ),
  }),
);
const level = (...levels: string[]) => fc.constantFrom(...levels);
const visibility = fc.record(
  {
    sites: level("public", "team", "owner"),
    live: level("public", "team"),
    code: level("public", "team"),
    ci: level("public", "team"),
    portal: level("public", "team"),
  },
  { requiredKeys: [] },
);
const ingress = {
  target: "kubernetes",
  registry: { push: "registry.example.org/muster" },
  kubernetes: { ingress: { tlsSecret: "tls" } },
};
const config = fc
  .record(
    {
      team: like(/^[a-z][a-z0-9]{0,19}$/),
      domain: like(/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,9}){0,2}$/),
      port: within({ min: 1, max: 65_535 }),
      members: fc.array(member, { minLength: 1, maxLength: 2 }),
      defaults: fc.record({ ...options, extensions }, { requiredKeys: [] }),
      repositories: fc.array(like(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/), { minLength: 1, maxLength: 3 }),
      git: fc.record({ forcePush: fc.boolean(), deletion: fc.boolean() }, { requiredKeys: [] }),
      ci,
      environment: variables(),
      live: fc.record({ ...options, mail }, { requiredKeys: [] }),
      listen: fc.constantFrom("127.0.0.1", "0.0.0.0", "192.0.2.1"),
      tls,
      httpPort: within({ min: 0, max: 65_535 }),
      proxies: fc.array(fc.constantFrom("10.0.0.0/8", "fd00::/8", "192.0.2.1", "::1"), { maxLength: 3 }),
      publicPort: within({ min: 1, max: 65_535 }),
      visibility,
      upstream,
    },
    { requiredKeys: ["members"] },
  )
  .chain((raw) => fc.constantFrom(raw, { ...raw, ...ingress }));

/**
 * Rosters that the schema accepts, of values that are often just inside of what it does.
 *
 * @param seed the same rosters for the same number
 */
export function acceptedRosters(count: number, seed: number): unknown[] {
  const rosters = fc.sample(config, { seed, numRuns: 2 * count }).map(withoutRefused);
  const accepted = rosters.filter((raw) => raw !== undefined).slice(0, count);
  if (accepted.length < count) throw new Error(`only ${accepted.length} of ${2 * count} rosters are left`);
  return accepted;
}

type Path = readonly PropertyKey[];

/** The roster without the values that the schema refuses; undefined when no member is left. */
function withoutRefused(roster: object): object | undefined {
  const raw = structuredClone(roster);
  for (let round = 0; round < 10; round++) {
    const result = teamConfig.safeParse(raw);
    if (result.success) return raw;
    // From the end, so that the places of list items stay what they are.
    const paths = result.error.issues.map(({ path }) => (valueAt(raw, path) === undefined ? path.slice(0, -1) : path));
    for (const path of paths.reverse()) remove(raw, path);
  }
  return undefined;
}

const valueAt = (raw: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], raw);

function remove(raw: unknown, path: Path): void {
  const [parent, key] = [valueAt(raw, path.slice(0, -1)), path.at(-1)];
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (parent !== undefined && key !== undefined) delete (parent as Record<PropertyKey, unknown>)[key];
}
