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
  record: "a group of keys",
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
  code: { memory: 1536, cpus: 1 },
  worker: { memory: 1024, cpus: 1 },
} as const;

export const DEFAULT_PHP = {
  memoryLimit: 128,
  uploadLimit: 64,
  maxExecutionTime: 30,
  displayErrors: true,
  timezone: "UTC",
} as const;

/** The live server's own defaults: what visitors see of a fault is the team's decision, not PHP's. */
export const DEFAULT_LIVE_PHP = { displayErrors: false } as const;

const timezones = new Set([...Intl.supportedValuesOf("timeZone"), "UTC"]);

const php = (displayErrors: boolean) =>
  group({
    memoryLimit: quantity(16, 65_536, "MiB", 128)
      .optional()
      .describe(
        "PHP's memory_limit in MiB, at most the web server's memory. Default 128, or that memory where it is less.",
      ),
    uploadLimit: quantity(1, 64, "MiB", 64)
      .optional()
      .describe("Largest upload in MiB (the gateway carries 64). Default 64."),
    maxExecutionTime: quantity(1, 3600, "seconds", 30)
      .optional()
      .describe("PHP's max_execution_time in seconds. Default 30."),
    displayErrors: z
      .boolean({ error: typeError("true") })
      .optional()
      .describe(`Show PHP errors in the page. Default ${displayErrors}.`),
    timezone: text("Europe/Berlin")
      .refine((zone) => timezones.has(zone), { error: "is not a known time zone: use a name such as Europe/Berlin" })
      .optional()
      .describe("Time zone of PHP and of the terminal, by its IANA name. Default UTC."),
  })
    .optional()
    .describe("PHP settings of the member's Apache.");

const memberOptions = {
  limits: group({
    web: limits("Apache and PHP", 96, DEFAULT_LIMITS.web).optional(),
    db: limits("MariaDB", 192, DEFAULT_LIMITS.db).optional(),
    cache: limits("Redis", 32, DEFAULT_LIMITS.cache).optional(),
    code: limits("the VS Code server and its terminals", 384, DEFAULT_LIMITS.code).optional(),
  })
    .optional()
    .describe("Memory and CPU limits of each workload."),
  php: php(DEFAULT_PHP.displayErrors),
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

/** A branch name that needs no quoting anywhere; git itself allows more. */
const branch = (example: string) =>
  pattern(
    /^(?!.*(?:\.\.|\/\/|\/\.|\.lock(?:\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,99}(?<![/.])$/,
    "branch",
    'up to 100 of letters, digits, ".", "_", "/" and "-", starting with a letter or digit',
    example,
  );

/** A repository's name: also a folder, and part of a host name below live. */
const repository = pattern(
  /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
  "repository",
  '1–40 of a-z, 0-9 and "-", starting and ending with a letter or digit',
  "app",
).refine((name) => !name.startsWith("xn--"), {
  error: 'begins with "xn--", which browsers take for an encoded international name: choose another name',
});

const environmentVariable = /^[A-Za-z_][A-Za-z0-9_]*$/;

const ci = group({
  deployBranch: branch("main").default("main").describe("Branch that goes live when its build is green."),
  workers: quantity(1, 16, "workers", 1).default(1).describe("Test workers; each runs one build at a time."),
  timeout: quantity(10, 7200, "seconds", 600).default(600).describe("Longest run of one build step in seconds."),
  steps: z
    .array(
      group({
        name: text("lint styles")
          .min(1, { error: "is empty: give the step a name" })
          .max(50, { error: "is too long: use at most 50 characters" })
          .describe("Name of the step."),
        command: text("npx stylelint src")
          .min(1, { error: "is empty: write the shell command to run" })
          .describe("Shell command, run in the checkout; an exit status other than 0 fails the build."),
      }),
      { error: typeError("- {name: lint styles, command: npx stylelint src}") },
    )
    .max(20, { error: "has too many entries: list at most 20 steps" })
    .default([])
    .describe("Steps of the team's own, after the built-in ones and before the deployment."),
  environment: z
    .record(
      text("NODE_ENV").regex(environmentVariable, {
        error: "is not a variable's name: use letters, digits and _, and no digit first",
      }),
      text("test"),
      { error: typeError("NODE_ENV: test") },
    )
    .default({})
    .describe("Environment variables of every step."),
  dist: pattern(
    /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/,
    "folder",
    "a path inside the repository, such as dist or web/build",
    "dist",
  )
    .default("dist")
    .describe("Folder that npm run build writes; it is deployed with the rest."),
  anonymous: z
    .boolean({ error: typeError("true") })
    .default(true)
    .describe("Whether visitors without an account may look at builds and logs."),
  limits: limits("each CI worker", 256, DEFAULT_LIMITS.worker)
    .optional()
    .describe("Memory and CPU limits of each CI worker."),
});

const git = group({
  forcePush: z
    .boolean({ error: typeError("false") })
    .default(false)
    .describe("Whether members may force-push to the deploy branch."),
  deletion: z
    .boolean({ error: typeError("false") })
    .default(false)
    .describe("Whether members may delete the deploy branch."),
});

const url = (example: string) =>
  pattern(/^https?:\/\/[^\s\p{Cc}\p{Cs}"'\\]+$/u, "URL", `an http:// or https:// address such as ${example}`, example);

/** A secret that goes through environment files, headers and URLs without quoting; its value is never repeated. */
const secret = (minLength: number, what: string) =>
  pattern(/^[A-Za-z0-9._~+/=-]*$/, what, 'letters, digits, ".", "_", "~", "+", "/", "=" and "-"', "0123456789abcdef")
    .min(minLength, { error: `is too short: use at least ${minLength} characters` })
    .max(500, { error: "is too long: use at most 500 characters" });

/** Above the repositories: a host and a path. */
const repositoriesUrl = url("https://github.com/our-team")
  .refine((address) => !/^https?:/.test(address) || /^https?:\/\/[^/@?#]+(?:\/[^@?#]*)?$/.test(address), {
    error: "has more than a host and a path: leave accounts, ? and # out, and use the key token for a token",
  })
  .transform((address) => address.replace(/\/+$/, ""));

const upstream = group({
  provider: z
    .enum(["github", "gitlab", "gitea", "git"], { error: "is not a known provider: use github, gitlab, gitea or git" })
    .describe("What the server is; git is any other that serves repositories over HTTP."),
  url: repositoriesUrl.describe("Address above the repositories: those of `repositories` are `<url>/<name>.git`."),
  webhookSecret: secret(16, "secret")
    .optional()
    .describe("Secret of the webhook that the server sends at a push. Without it, the CI looks for pushes by itself."),
  pollInterval: quantity(10, 3600, "seconds", 30)
    .default(30)
    .describe("How often the CI looks for pushes, in seconds; with webhooks it does every 10 minutes instead."),
  token: secret(1, "token")
    .optional()
    .describe("Token with which the CI clones private repositories and reports the result of a commit."),
  user: pattern(/^[A-Za-z0-9._-]{1,100}$/, "user", 'up to 100 of letters, digits, ".", "_" and "-"', "ci-bot")
    .optional()
    .describe("Account of the token. Default: x-access-token for github, git for git, else oauth2."),
}).refine(({ provider, webhookSecret }) => provider !== "git" || webhookSecret === undefined, {
  path: ["webhookSecret"],
  error: "is for github, gitlab and gitea: leave it out, and the CI looks for pushes by itself",
});

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

/** Bytes of ids and names on the portal, which gets them in one environment variable: Linux ends those at 128 KiB. */
const ROSTER_LIMIT = 96 * 1024;
const rosterSize = (members: readonly { id: string; name?: string | undefined }[]) =>
  Buffer.byteLength(JSON.stringify(members.map(({ id, name }) => ({ id, name }))));

/** The images that workloads run on; the others are only built upon. */
export const WORKLOAD_IMAGES = [
  "apache-php",
  "ci-master",
  "ci-worker",
  "code-server",
  "gateway",
  "git-server",
  "mariadb",
  "portal",
  "redis",
] as const;

export type WorkloadImage = (typeof WORKLOAD_IMAGES)[number];

const prebuilt = (image: WorkloadImage) =>
  pattern(
    /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)+(?::[\w.-]+)?@sha256:[0-9a-f]{64}$/,
    "image",
    `a reference with its digest, such as registry.example.org/muster/${image}@sha256:<64 hex digits>`,
    `registry.example.org/muster/${image}@sha256:…`,
  ).describe(`Reference of the ${image} image.`);

/** The name of an object in the cluster. */
const objectName = (noun: string, example: string) =>
  pattern(/^[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?$/, noun, 'its name, of a-z, 0-9, "-" and "."', example);

const registry = pattern(
  /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)*$/,
  "registry",
  "host[:port][/path], such as registry.example.org/muster",
  "registry.example.org/muster",
);

const annotations = z
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
  defaults: group(memberOptions)
    .default({})
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
  live: group({ limits: memberOptions.limits, php: php(DEFAULT_LIVE_PHP.displayErrors), cache: memberOptions.cache })
    .default({})
    .describe("Options of the live server, as a member's; PHP errors are not shown by default."),
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
    storageClass: objectName("storage class", "standard")
      .optional()
      .describe("Storage class of every volume. Default: the cluster's own."),
    storage: quantity(1, 10_240, "GiB", 5).default(5).describe("Size of every volume in GiB."),
    accessMode: z
      .enum(["ReadWriteOnce", "ReadWriteMany"], {
        error: "is not a known access mode: use ReadWriteOnce or ReadWriteMany",
      })
      .default("ReadWriteOnce")
      .describe(
        "Access mode of every volume. With ReadWriteOnce, what shares a volume runs on one node; " +
          "ReadWriteMany needs a storage class that offers it.",
      ),
    service: group({
      type: z
        .enum(["ClusterIP", "NodePort", "LoadBalancer"], {
          error: "is not a known type: use ClusterIP, NodePort or LoadBalancer",
        })
        .default("ClusterIP")
        .describe(
          "Type of the gateway's Service. ClusterIP is reached by kubectl port-forward or an ingress; " +
            "with NodePort, `port` is the port of the nodes.",
        ),
      annotations: annotations.describe("Annotations of the gateway's Service, such as a load balancer's."),
    })
      .prefault({})
      .describe("How the cluster publishes the gateway."),
    ingress: group({
      className: objectName("ingress class", "nginx").optional().describe("Ingress class. Default: the cluster's own."),
      annotations: annotations.describe("Annotations of the Ingress."),
      tlsSecret: objectName("secret's name", "hackathon-tls")
        .optional()
        .describe(
          "TLS secret in the team's namespace with a certificate for the domain and every name below it. " +
            "With it, every URL is https.",
        ),
    })
      .optional()
      .describe("An Ingress in front of the gateway, for the domain and every name below it. Default: none."),
    gatewayApi: group({
      gateway: objectName("gateway's name", "public").describe("Name of the Gateway that the HTTPRoute belongs to."),
      namespace: objectName("namespace", "infra").describe("Namespace of the Gateway."),
      sectionName: objectName("listener's name", "https").optional().describe("Listener of the Gateway. Default: all."),
      annotations: annotations.describe("Annotations of the HTTPRoute."),
      tls: z
        .boolean({ error: typeError("true") })
        .default(false)
        .describe("Whether the Gateway ends TLS. With it, every URL is https."),
    })
      .optional()
      .describe("A Gateway-API HTTPRoute in place of an Ingress. Default: none."),
  })
    .prefault({})
    .describe("Options of the kubernetes target."),
  registry: group({
    push: registry.describe("Registry that images are pushed to, as this machine reaches it."),
    pull: registry.optional().describe("The same registry as the cluster's nodes reach it. Default: `push`."),
    user: secret(1, "user").optional().describe("Account with which the nodes pull, where the registry asks for one."),
    password: secret(1, "password")
      .optional()
      .describe("Password of that account. Pushing uses what docker login has kept."),
  })
    .refine(({ user, password }) => user === undefined || password !== undefined, {
      path: ["password"],
      error: "is missing: the user has one, or leave both out",
    })
    .refine(({ user, password }) => password === undefined || user !== undefined, {
      path: ["user"],
      error: "is missing: the password belongs to one, or leave both out",
    })
    .optional()
    .describe("Registry of the kubernetes target's images. Not needed where `images` has all of them."),
  images: group(
    Object.fromEntries(WORKLOAD_IMAGES.map((image) => [image, prebuilt(image).optional()])) as Record<
      WorkloadImage,
      z.ZodOptional<z.ZodString>
    >,
  )
    .default({})
    .describe(
      "Prebuilt images of the kubernetes target by name, each with its digest: they are neither built nor pushed. " +
        "With all of them, no Docker is needed.",
    ),
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
}).superRefine((config, context) => {
  checkMemory(config, context);
  if (config.target !== "kubernetes") return;
  for (const { path, message } of clusterProblems(config)) {
    const input = path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config);
    context.addIssue({ code: "custom", path: [...path], input, message });
  }
});

function checkMemory({ members, defaults, live }: Servers, context: z.RefinementCtx): void {
  const shared: Layer = { path: ["defaults"], options: defaults };
  const servers: Layer[][] = [
    [{ path: ["live"], options: live }],
    ...members.map((options, index) => [{ path: ["members", index], options }, shared]),
  ];
  for (const layers of servers) checkPhpMemory(layers, context);
}

/** The parts of the config that web servers come from. */
interface Servers {
  readonly members: readonly Layer["options"][];
  readonly defaults: Layer["options"];
  readonly live: Layer["options"];
}

/** Options that hold where no earlier layer says otherwise, and where they stand in the config. */
interface Layer {
  readonly path: (string | number)[];
  readonly options: Pick<z.output<typeof member>, "limits" | "php">;
}

/** PHP that may take more memory than the web server that it runs in would be killed before it says why. */
function checkPhpMemory(layers: readonly Layer[], context: z.RefinementCtx): void {
  const php = layers.find(({ options }) => options.php?.memoryLimit !== undefined);
  const web = layers.find(({ options }) => options.limits?.web?.memory !== undefined);
  const input = php?.options.php?.memoryLimit ?? 0;
  const memory = web?.options.limits?.web?.memory ?? DEFAULT_LIMITS.web.memory;
  if (!php || input <= memory) return;
  const message = `is more than the ${memory} MiB of the web server: lower it, or raise limits/web/memory`;
  context.addIssue({ code: "custom", path: [...php.path, "php", "memoryLimit"], input, message });
}

interface ClusterConfig {
  readonly port: number;
  readonly registry?: { readonly push: string } | undefined;
  readonly images: Readonly<Partial<Record<WorkloadImage, string | undefined>>>;
  readonly kubernetes: {
    readonly service: { readonly type: string };
    readonly ingress?: object | undefined;
    readonly gatewayApi?: object | undefined;
  };
}

/** What is wrong with values of the kubernetes target that are each right by themselves. */
function* clusterProblems({ port, registry, images, kubernetes }: ClusterConfig) {
  if (registry === undefined && WORKLOAD_IMAGES.some((image) => images[image] === undefined)) {
    yield {
      path: ["registry"],
      message: "is missing: name the registry of the images, for example { push: registry.example.org/muster }",
    };
  }
  const { service, ingress, gatewayApi } = kubernetes;
  const entrance = ingress !== undefined || gatewayApi !== undefined;
  if (service.type === "NodePort" && !entrance && (port < 30_000 || port > 32_767)) {
    yield { path: ["port"], message: "cannot be a node port: use 30000 to 32767, or another kubernetes/service/type" };
  }
  if (ingress !== undefined && gatewayApi !== undefined) {
    yield { path: ["kubernetes", "gatewayApi"], message: "comes beside an ingress: keep one of the two" };
  }
}

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
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => `${where(issue.path)}: ${quote(issue.path.at(-1))} ${message}`);
  }
  const value = valueAt(raw, issue.path);
  const shown = value === undefined || isSecret(issue.path) ? "" : `${quote(value)} `;
  return [`${where(issue.path)}: ${shown}${issue.message}`];
}

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], raw);

const isSecret = ([group, key]: readonly PropertyKey[]): boolean =>
  (group === "upstream" && (key === "token" || key === "webhookSecret")) ||
  (group === "registry" && key === "password");

/** A value as JSON, shortened so that one problem stays one line. */
function quote(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 120 ? `${json.slice(0, 117)}…` : json;
}
