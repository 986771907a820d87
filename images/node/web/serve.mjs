import { createServer } from "node:http";

/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */
/** @typedef {(request: Request, response: Response) => Promise<void>} Handler */

const PORT = 8080;

/**
 * Answers visitors at the one port that every service has.
 *
 * @param {Handler} handle
 * @param {string} what After "muster:" in the log, once it listens.
 */
export function serve(handle, what) {
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    handle(request, response).catch((error) => {
      console.error("muster: a request failed:", error);
      response.destroy();
    });
  });
  // Longer than any proxy in front keeps a connection, so that none is closed under a request.
  server.keepAliveTimeout = 70_000;
  return server.listen(PORT, () => console.log(`muster: ${what} on port ${PORT}`));
}

/** @param {() => void} stop Runs once, when the container is to end. */
export function onEnd(stop) {
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT"])) process.once(signal, stop);
}

/**
 * Runs a program whose errors are lines for whoever runs the environment.
 *
 * @param {() => Promise<void>} main
 */
export function run(main) {
  main().catch((error) => {
    if (!(error instanceof Error)) throw error;
    for (const line of error.message.split("\n")) console.error(`muster: ${line}`);
    process.exitCode = 1;
  });
}
