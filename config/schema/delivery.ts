import { z } from "zod";
import { expression } from "../rules";
import { limits } from "./member";
import {
  accountProblems,
  branch,
  emailAddress,
  group,
  pattern,
  ranged,
  ruled,
  secret,
  text,
  typeError,
  url,
  variableValue,
} from "./values";

/** Bytes of steps and variables, which go to the CI in one variable: Linux ends those at 128 KiB. */
const PIPELINE_LIMIT = 96 * 1024;

const hostAndPort = pattern(
  /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?:(?!0)(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/,
  "address",
  "host:port, such as smtp.example.org:587",
  "smtp.example.org:587",
);
/** Above the repositories: a host and a path. */
const repositoriesUrl = url("https://github.com/our-team")
  .max(300, { error: "is too long: use at most 300 characters", abort: true })
  .refine((address) => !/^https?:/.test(address) || expression("upstreamUrl").test(address), {
    error: "has more than a host and a path: leave accounts, ? and # out, and use the key token for a token",
  })
  .transform((address) => address.replace(/\/+$/, ""));

export const ci = group({
  deployBranch: branch("main").default("main").describe("Branch that goes live when its build is green."),
  workers: ranged("workers", "workers", 1).default(1).describe("Test workers; each runs one build at a time."),
  timeout: ranged("timeout", "seconds", 600).default(600).describe("Longest run of one build step in seconds."),
  steps: z
    .array(
      group({
        name: text("lint styles")
          .min(1, { error: "is empty: give the step a name", abort: true })
          .refine((name) => [...name].length <= 50, { error: "is too long: use at most 50 characters", abort: true })
          .regex(expression("stepName"), {
            error: "is blank or has control characters: use a name on one line",
          })
          .describe("Name of the step."),
        command: text("npx stylelint src")
          .min(1, { error: "is empty: write the shell command to run", abort: true })
          .refine((command) => [...command].length <= 8192, {
            error: "is too long: put it into a script of the repository",
            abort: true,
          })
          .regex(expression("command"), {
            error: "is blank or has characters that no shell takes: write the shell command to run",
          })
          .describe("Shell command, run in the checkout; an exit status other than 0 fails the build."),
      }),
      { error: typeError("- {name: lint styles, command: npx stylelint src}") },
    )
    .max(20, { error: "has too many entries: list at most 20 steps" })
    .default([])
    .describe("Steps of the team's own, after the built-in ones and before the deployment."),
  environment: z
    .record(
      text("NODE_ENV").regex(expression("variable"), {
        error: "is not a variable's name: use up to 100 letters, digits and _, and no digit first",
      }),
      variableValue("test").regex(expression("variableValue"), {
        error: "cannot be a variable's value: use at most 8192 characters, and none of them NUL",
      }),
      { error: typeError("NODE_ENV: test") },
    )
    .default({})
    .describe("Environment variables of every step."),
  dist: ruled("folder", "folder", "a path inside the repository, such as dist or web/build", "dist")
    .default("dist")
    .describe("Folder that npm run build writes; it is deployed with the rest."),
  workflows: z
    .enum(["run", "warn", "off"], { error: "is not one of the values: use run, warn or off" })
    .default("run")
    .describe(
      "What a failing job of .github/workflows means: run fails the build, warn is a warning, off runs none. " +
        "muster.yaml in a repository may say less, not more.",
    ),
  unrunnable: z
    .enum(["warn", "fail"], { error: "is not one of the values: use warn or fail" })
    .default("warn")
    .describe(
      "What it means when a job of a workflow, or what needs development packages, cannot run here: warn lets the " +
        "rest decide, fail lets nothing go live that was not tested whole.",
    ),
  newRepositories: z
    .enum(["test", "live"], { error: "is not one of the values: use test or live" })
    .default("test")
    .describe(
      "What happens to repositories that `repositories` does not name, which a first push makes: test tests them; live " +
        "also puts them live, all on the first one's live server, where their code can read each other's files.",
    ),
  anonymous: z
    .boolean({ error: typeError("true") })
    .default(true)
    .describe("Whether visitors without an account may look at builds and logs."),
  limits: limits("worker").optional().describe("Memory and CPU limits of each CI worker."),
}).refine(({ steps, environment }) => Buffer.byteLength(JSON.stringify({ steps, environment })) <= PIPELINE_LIMIT, {
  path: ["steps"],
  error:
    `and the variables need more than ${PIPELINE_LIMIT / 1024} KiB: ` +
    "put long commands into scripts of the repository",
});
export const git = group({
  forcePush: z
    .boolean({ error: typeError("false") })
    .default(false)
    .describe("Whether members may force-push to the deploy branch."),
  deletion: z
    .boolean({ error: typeError("false") })
    .default(false)
    .describe("Whether members may delete the deploy branch."),
});
export const upstream = group({
  provider: z
    .enum(["github", "gitlab", "gitea", "git"], { error: "is not a known provider: use github, gitlab, gitea or git" })
    .describe("What the server is; git is any other that serves repositories over HTTP."),
  url: repositoriesUrl.describe("Address above the repositories: those of `repositories` are `<url>/<name>.git`."),
  webhookSecret: secret(16, "secret")
    .optional()
    .describe("Secret of the webhook that the server sends at a push. Without it, the CI looks for pushes by itself."),
  pollInterval: ranged("pollInterval", "seconds", 30)
    .default(30)
    .describe("How often the CI looks for pushes, in seconds; with webhooks it does every 10 minutes instead."),
  token: secret(1, "token")
    .optional()
    .describe("Token with which the CI clones private repositories and reports the result of a commit."),
  user: ruled("upstreamUser", "user", 'up to 100 of letters, digits, ".", "_" and "-"', "ci-bot")
    .optional()
    .describe("Account of the token. Default: x-access-token for github, git for git, else oauth2."),
}).refine(({ provider, webhookSecret }) => provider !== "git" || webhookSecret === undefined, {
  path: ["webhookSecret"],
  error: "is for github, gitlab and gitea: leave it out, and the CI looks for pushes by itself",
});
export const mail = group({
  relay: hostAndPort.describe("SMTP server that delivers the live site's mail, as host:port."),
  from: emailAddress("shop@example.org").describe(
    "Sender of every envelope, and of messages that name no other: an address that the relay accepts.",
  ),
  user: pattern(/^[^\s\p{Cc}\p{Cs}]{1,200}$/u, "user", "up to 200 characters without blanks", "shop@example.org")
    .optional()
    .describe("Account at the relay. Default: none."),
  password: secret(1, "password").optional().describe("Password of that account."),
  tls: z
    .boolean({ error: typeError("true") })
    .default(true)
    .describe("Whether the connection is encrypted: from its start at port 465, else by STARTTLS."),
})
  .superRefine((relay, context) => accountProblems(relay, context))
  .refine(({ tls, password }) => tls || password === undefined, {
    path: ["tls"],
    error: "would send the password in the clear: leave it out, or leave user and password out",
  })
  .optional()
  .describe("A relay for the mail of the live site. Default: none, and its mail goes to the team's inbox.");
