import { closeSync, createReadStream, existsSync, openSync, readSync, statSync } from "node:fs";
import { pipeline, type Readable, Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { UserError } from "../errors";

/** What files begin with that hold no SQL as they are, and what makes SQL of them. */
const PACKED: readonly (readonly [magic: string, form: string])[] = [
  ["504b0304", "a ZIP archive"],
  ["425a68", "packed by bzip2"],
  ["fd377a585a00", "packed by xz"],
  ["28b52ffd", "packed by zstd"],
  ["377abcaf271c", "a 7z archive"],
  ["53514c69746520666f726d6174203300", "a database of SQLite, and no dump"],
];

/**
 * The SQL of a dump, in UTF-8 or whatever the file is in. gzip is unpacked, whatever the name says; so is UTF-16, which
 * PowerShell writes.
 *
 * @param file a file, or a pipe, which is taken as it comes
 * @param tell bytes of the file that were read by now
 * @throws UserError for what cannot be a dump: nothing was read yet but its beginning
 */
export function dumpFile(file: string): { readonly size: number; open(tell: (bytes: number) => void): Readable } {
  if (!existsSync(file)) throw new UserError(`${file} does not exist.`);
  const stat = statSync(file);
  if (stat.isDirectory()) throw new UserError(`${file} is a folder: name a dump in it.`);
  if (!stat.isFile()) return { size: 0, open: (tell) => counted(createReadStream(file), tell) };
  if (stat.size === 0) throw new UserError(`${file} is empty: nothing was changed.`);
  const start = beginning(file);
  for (const [magic, form] of PACKED) {
    if (start.startsWith(magic)) throw new UserError(`${file} is ${form}: nothing was changed. Give the .sql in it.`);
  }
  const packed = start.startsWith("1f8b");
  if (file.endsWith(".gz") && !packed) {
    throw new UserError(`${file} is not packed by gzip: nothing was changed. Name it .sql if it is SQL.`);
  }
  const encoding = start.startsWith("fffe") ? "utf-16le" : start.startsWith("feff") ? "utf-16be" : undefined;
  return {
    size: stat.size,
    open(tell) {
      const source = counted(createReadStream(file), tell);
      if (packed) return joined(source, createGunzip());
      return encoding === undefined ? source : joined(source, decoded(encoding));
    },
  };
}

/** The first bytes, in hexadecimal digits. */
function beginning(file: string): string {
  const bytes = Buffer.alloc(16);
  const opened = openSync(file, "r");
  try {
    return bytes.toString("hex", 0, readSync(opened, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(opened);
  }
}

function decoded(encoding: string): Transform {
  const decoder = new TextDecoder(encoding);
  return new Transform({
    transform: (chunk: Buffer, _, done) => done(null, decoder.decode(chunk, { stream: true })),
    flush: (done) => done(null, decoder.decode()),
  });
}

/** `transform` fed by `source`; a fault of either ends both. */
export function joined<T extends Transform>(source: Readable, transform: T): T {
  // The fault reaches whoever reads the transform.
  pipeline(source, transform, () => undefined);
  return transform;
}

/** @param tell bytes that went through by now */
export function counted(source: Readable, tell: (bytes: number) => void): Readable {
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      tell(bytes);
      done(null, chunk);
    },
  });
  return joined(source, count);
}
