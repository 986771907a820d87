// What listens on a port of this container: where it is reached, and which program it is.
const fs = require("node:fs");

const LISTENS = "0A";
const ANY = { "00000000": true, "00000000000000000000000000000000": true };

/** @returns {string | undefined} undefined for a file that is not there, or no longer */
function read(path) {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** An address as the kernel writes it, in groups of four bytes of the machine's order, which is little-endian. */
function addressOf(hex) {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((group) => (group.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join(".");
  return (bytes.join("").match(/.{4}/g) ?? []).join(":");
}

/** @returns {{ port: number, address: string, inode: string }[]} by what each is reached best: the loopback first */
function listeners(proc = "/proc") {
  const found = ["tcp", "tcp6"].flatMap((table) =>
    (read(`${proc}/net/${table}`) ?? "")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === LISTENS)
      .map((fields) => {
        const [hex = "", port = ""] = (fields[1] ?? "").split(":");
        // Programs that listen on every IPv6 address take IPv4 as well, unless they say otherwise.
        const address = ANY[hex] ? "127.0.0.1" : addressOf(hex);
        return { port: Number.parseInt(port, 16), address, inode: fields[9] ?? "" };
      }),
  );
  const rank = ({ address }) => (address === "127.0.0.1" ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b));
}

/** @returns {string} the name of the program that has a socket; empty when that is not to be seen */
function programOf(inode, proc = "/proc") {
  const link = `socket:[${inode}]`;
  for (const id of fs.readdirSync(proc)) {
    if (!/^\d+$/.test(id)) continue;
    let files = [];
    try {
      files = fs.readdirSync(`${proc}/${id}/fd`);
    } catch {
      // It has ended, or is another user's.
    }
    for (const file of files) {
      try {
        if (fs.readlinkSync(`${proc}/${id}/fd/${file}`) === link) return (read(`${proc}/${id}/comm`) ?? "").trim();
      } catch {
        // It was closed.
      }
    }
  }
  return "";
}

module.exports = { listeners, programOf };
