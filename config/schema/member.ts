import { z } from "zod";
import { type LimitedWorkload, type Place, WORKLOADS, workloadsIn } from "../catalogue";
import { MEMBER_ID, reservedReason } from "../naming";
import { expression } from "../rules";
import { TIMEZONES } from "../timezones";
import { emailAddress, environment, group, pattern, quantity, text, typeError } from "./values";

export const DEFAULT_PHP = {
  memoryLimit: 128,
  uploadLimit: 64,
  maxExecutionTime: 30,
  displayErrors: true,
  timezone: "UTC",
} as const;

/** The live server's own defaults: what visitors see of a fault is the team's decision, not PHP's. */
export const DEFAULT_LIVE_PHP = { displayErrors: false } as const;

/**
 * Limits of one workload. Memory below its `least` keeps the software from starting, so it is refused here rather than
 * at run time.
 */
export const limits = (kind: "worker" | LimitedWorkload) => {
  const { title, least, limits: defaults } = WORKLOADS[kind];
  return group({
    memory: quantity(least, 1_048_576, "MiB", defaults.memory)
      .optional()
      .describe(`Memory of ${title} in MiB; swap is not added to it. Default ${defaults.memory}.`),
    // The Docker provider reads less back as 0.1.
    cpus: quantity(0.1, 256, "CPUs", defaults.cpus, false)
      .optional()
      .describe(`CPUs of ${title}; fractions are allowed. Default ${defaults.cpus}.`),
  });
};

const limitsIn = <K extends LimitedWorkload>(...places: Place[]) =>
  group(
    Object.fromEntries(
      places
        .flatMap((place) => workloadsIn(place))
        .filter(([, { least }]) => least !== undefined)
        .map(([kind]) => [kind, limits(kind as K).optional()]),
    ) as Record<K, z.ZodOptional<ReturnType<typeof limits>>>,
  )
    .optional()
    .describe("Memory and CPU limits of each workload.");

export const php = (displayErrors: boolean) =>
  group({
    memoryLimit: quantity(16, 65536, "MiB", 128)
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
      .refine((zone) => TIMEZONES.has(zone), { error: "is not a known time zone: use a name such as Europe/Berlin" })
      .optional()
      .describe("Time zone of PHP, the database and the terminal, by its IANA name. Default UTC."),
  })
    .optional()
    .describe("PHP settings of the member's Apache.");
export const memberOptions = {
  limits: limitsIn<LimitedWorkload>("sites", "member"),
  php: php(DEFAULT_PHP.displayErrors),
  cache: z
    .enum(["none", "redis"], { error: "is not a known cache: use none or redis" })
    .optional()
    .describe("redis adds a Redis of the member's own, which also holds the PHP sessions. Default none."),
  environment: environment("the member's site and editor"),
  extensions: z
    .array(
      pattern(
        /^[A-Za-z0-9][\w-]*\.[A-Za-z0-9][\w.-]*(?:@[\w.-]+)?$/,
        "extension",
        "its identifier, publisher.name or publisher.name@version",
        "xdebug.php-debug",
      ).max(200, { error: "is too long: use at most 200 characters" }),
      { error: typeError("[xdebug.php-debug]") },
    )
    .max(50, { error: "has too many entries: list at most 50 extensions" })
    .optional()
    .describe("VS Code extensions to install from Open VSX at the editor's start. Default none."),
};

export const member = group({
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
    .min(1, { error: "is empty: leave the key out to show the id instead", abort: true })
    .max(80, { error: "is too long: use at most 80 characters", abort: true })
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u, {
      error: "has control characters: use a name on one line",
      abort: true,
    })
    .regex(expression("person"), {
      error: "has neither letters nor signs that show: leave the key out to show the id instead",
    })
    .optional()
    .describe("Name shown on the portal and in commits. Default: the id."),
  email: emailAddress("alice@example.org").optional().describe("Address for commits. Default: <id>@<domain>."),
  role: z
    .enum(["member", "organiser"], { error: "is not a known role: use member or organiser" })
    .optional()
    .describe(
      "Where members sign in, an organiser gets into everybody's site, editor and database page, for helping, and into " +
        "that of the live database (`db-live`); a line in the editor says so. Default member.",
    ),
  ...memberOptions,
});

export function checkMemory({ members, defaults, live }: Servers, context: z.RefinementCtx): void {
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
  const memory = web?.options.limits?.web?.memory ?? WORKLOADS.web.limits.memory;
  if (!php || input <= memory) return;
  const message = `is more than the ${memory} MiB of the web server: lower it, or raise limits/web/memory`;
  context.addIssue({ code: "custom", path: [...php.path, "php", "memoryLimit"], input, message });
}
