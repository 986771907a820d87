import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/** Where neither systems take ports for connections that go out, nor clusters those of nodes. */
const FIRST = 20_000;
const LAST = 29_999;
/** The ports of a block: the last one is held while the process lives, so that no other process gets the block. */
const BLOCK = 4;

/** Listens on a port of the loopback; undefined where something does already. */
const listen = (port: number): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => resolve(server));
  });

const isFree = async (port: number): Promise<boolean> => {
  const server = await listen(port);
  if (server === undefined) return false;
  await new Promise((closed) => server.close(closed));
  return true;
};

/** Whether nobody held this port; from now on this process does, until its end. */
export async function hold(port: number): Promise<boolean> {
  const server = await listen(port);
  // Nothing that a process has to wait for.
  server?.unref();
  return server !== undefined;
}

/** A port of the loopback that nothing listens on, and the two after it: no other run of the tests gets them. */
export async function freePort(): Promise<number> {
  const count = Math.floor((LAST + 1 - FIRST) / BLOCK);
  const start = randomInt(count);
  for (let index = 0; index < count; index++) {
    const port = FIRST + ((start + index) % count) * BLOCK;
    const held = await hold(port + BLOCK - 1);
    if (held && (await isFree(port)) && (await isFree(port + 1)) && (await isFree(port + 2))) return port;
  }
  throw new Error(`no port between ${FIRST} and ${LAST} is free`);
}
