import { createAPIServer } from "@maildev/api";
import { MemoryStorage } from "@maildev/core";
import { createSMTPServer } from "@maildev/smtp";
import { registerUI } from "@maildev/ui/server";

/** MailDev's parts, put together: its own program lets pages of every origin read and delete the mail. */

const MESSAGES = 100;
const MEBIBYTE = 1024 * 1024;
const EVERYWHERE = "0.0.0.0";

/** Whether a browser sends the request from a page of this host, or no browser sends it. */
export function fromOwnPages({ headers: { host, origin } }) {
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

const storage = new MemoryStorage({ maxEmails: MESSAGES });
const smtp = createSMTPServer({
  port: 1025,
  host: EVERYWHERE,
  storage,
  mailDir: "/tmp/mail",
  maxMessageSize: 10 * MEBIBYTE,
  logger: false,
});
const web = createAPIServer({ port: 8080, host: EVERYWHERE, storage, smtp, cors: { origin: false } });

web.server.addHook("onRequest", async (request, reply) => {
  if (!fromOwnPages(request.raw)) return reply.code(403).send({ error: "This page belongs to another site." });
  // A page that was attached runs no script here.
  if (request.url.includes("/attachment/")) reply.header("content-security-policy", "sandbox");
});
await web.registerPlugins();
web.io.engine.opts.allowRequest = (request, decide) => decide(null, fromOwnPages(request));
await registerUI(web.server, { basePath: "" });
await Promise.all([smtp.start(), web.listen()]);

for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(0));
