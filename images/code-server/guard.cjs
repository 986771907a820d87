// When the container's memory is used up, the kernel ends what a terminal or an extension started, not the editor; and
// the terminals say so. Preloaded by code-server's first process, which also watches the disks.
const fs = require("node:fs");
const { watchDisks } = require("./disk.cjs");
const { notices } = require("./notices.cjs");

/** Of 1000, in thousandths of the container's memory: as if a process had this much more. */
const EXPENDABLE = 500;
const EVERY = 1000;
/** How often one looks for the name of what was ended. */
const LOOKS = 5;

/**
 * The editor's own: its servers, the hosts of terminals and extensions, the way to the database. What these start,
 * tsserver for one, is not.
 */
const EDITOR =
  /^(?:socat|\/opt\/node\/bin\/node\0.*\/opt\/code-server\/.*out\/(?:node\/entry(?:\.js)?|bootstrap-fork))\0/s;
const INIT = 1;

const read = (path) => {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    // It has ended.
    return "";
  }
};

/** @returns the name of every process by its id, with its memory in KiB */
function processes(proc) {
  const ids = fs.readdirSync(proc).filter((name) => /^\d+$/.test(name));
  return new Map(
    ids.map((id) => {
      const status = read(`${proc}/${id}/status`);
      const of = (key) => new RegExp(`^${key}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
      return [Number(id), { name: of("Name"), memory: Number.parseInt(of("VmRSS"), 10) || 0 }];
    }),
  );
}

/** Marks as expendable what is not the editor's own; what such a process starts is so from its start. */
function mark(proc, ids) {
  for (const id of ids) {
    const score = `${proc}/${id}/oom_score_adj`;
    if (id === INIT || Number(read(score)) !== 0 || EDITOR.test(read(`${proc}/${id}/cmdline`))) continue;
    try {
      fs.writeFileSync(score, String(EXPENDABLE));
    } catch {
      // It has ended, or is another user's.
    }
  }
}

/** How many processes the kernel has ended here for want of memory, and the limit in MiB. */
function shortage(cgroup) {
  const events = read(`${cgroup}/memory.events`) || read(`${cgroup}/memory/memory.oom_control`);
  const limit = Number(read(`${cgroup}/memory.max`) || read(`${cgroup}/memory/memory.limit_in_bytes`));
  return { killed: Number(/^oom_kill (\d+)/m.exec(events)?.[1] ?? 0), limit: Math.round(limit / 2 ** 20) };
}

/** The largest of those that are gone, or have no memory any more. */
function victim(before, after) {
  const gone = [...before].filter(([id, { memory }]) => memory > 0 && !after.get(id)?.memory).map(([, each]) => each);
  return gone.sort((a, b) => b.memory - a.memory)[0]?.name;
}

/** Looks once a second; returns the function that looks. */
function guard({ proc = "/proc", cgroup = "/sys/fs/cgroup", say = notices() } = {}) {
  let known = new Map();
  let { killed } = shortage(cgroup);
  let looks = 0;
  return () => {
    const current = processes(proc);
    mark(proc, current.keys());
    const now = shortage(cgroup);
    if (now.killed > killed) {
      const name = victim(known, current);
      // What the kernel ends is counted before it is gone.
      if (name === undefined && ++looks < LOOKS) return;
      const ended = `${name ?? "a process"} was ended`;
      say("memory", `out of memory: ${ended}. Everything in this editor together may have ${now.limit} MiB.`);
    }
    looks = 0;
    killed = now.killed;
    known = current;
  };
}

module.exports = { guard };

// Its children are started with the same options.
if (module.parent?.id === "internal/preload" && process.env.CODE_SERVER_PARENT_PID === undefined) {
  const say = notices();
  setInterval(guard({ say }), EVERY).unref();
  watchDisks((text) => say("disk", text));
}
