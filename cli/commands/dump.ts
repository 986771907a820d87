import { Transform } from "node:stream";

/** A statement that makes or enters a database, as dumps have it: on a line of its own. */
const DATABASE = /^(?:(?:CREATE|DROP) (?:DATABASE|SCHEMA)\b|USE\b|\/\*!\d* ?DROP DATABASE\b).*;\s*$/i;

/** Lines longer than this are rows, and may be handed on in pieces. */
const LONGEST = 1000;

/**
 * Leaves the names of databases out of a dump, so that all of it goes into one: dumps of whole servers, and XAMPP's, make
 * and enter databases of their own.
 */
export function withoutDatabases(): Transform {
  // Bytes, since a dump may have any encoding; one for each character keeps them as they are.
  let rest = "";
  let inside = false;
  const kept = (line: string) => !DATABASE.test(line);
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() as string;
      let text = "";
      for (const line of lines) {
        if (inside || kept(line)) text += `${line}\n`;
        inside = false;
      }
      if (inside || rest.length > LONGEST) {
        text += rest;
        rest = "";
        inside = true;
      }
      done(null, Buffer.from(text, "latin1"));
    },
    flush(done) {
      done(null, Buffer.from(kept(rest) ? rest : "", "latin1"));
    },
  });
}
