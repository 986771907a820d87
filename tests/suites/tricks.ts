import type { Trick } from "../support/trials";

/**
 * What a branch may try so that a later build, or what goes live, is another than the commit says: a shell script that
 * runs as the branch's test. Each leaves `muster-trick` where it hopes that a later build finds it.
 */

const home = "/var/lib/worker";
const mirror = `${home}/mirrors/app.git`;
const program = (path: string) =>
  `mkdir -p "$(dirname ${path})"; printf '#!/bin/sh\\necho muster-trick > muster-trick\\n' > ${path}; chmod +x ${path}`;
const daemon = (code: string) => `(setsid sh -c '${code}' > /dev/null 2>&1 < /dev/null &); sleep 0.2`;
const python = (code: string) =>
  `cat > trick.py <<'PY'\n${code}\nPY\n(setsid python3 trick.py > /dev/null 2>&1 < /dev/null &)\nsleep 0.3`;

const inPlaces: [string, string][] = [
  ["a program above the work folder, where npm looks", program(`${home}/node_modules/.bin/node`)],
  ["a program beside the builds", program(`${home}/builds/node_modules/.bin/vite`)],
  [
    "a module above the work folder",
    `mkdir -p ${home}/node_modules/fs; echo muster-trick > ${home}/node_modules/fs/index.js`,
  ],
  ["a package.json above the work folder", `echo '{"type":"module","name":"muster-trick"}' > ${home}/package.json`],
  ["a composer.json above the work folder", `echo '{"name":"muster/muster-trick"}' > ${home}/builds/composer.json`],
  ["a program in the home's bin", `${program("$HOME/bin/git")}; ${program("$HOME/.local/bin/git")}`],
  [
    "a profile and an rc file",
    "echo 'echo muster-trick' | tee $HOME/.profile $HOME/.bashrc $HOME/.bash_profile > $HOME/.zshrc",
  ],
  ["git's configuration", "printf '[core]\\nhooksPath = /tmp\\nfsmonitor = touch muster-trick\\n' > $HOME/.gitconfig"],
  [
    "git's configuration by XDG",
    "mkdir -p $HOME/.config/git; echo '* filter=muster-trick' > $HOME/.config/git/attributes",
  ],
  ["npm's configuration", "echo 'script-shell=/tmp/muster-trick' > $HOME/.npmrc; cp $HOME/.npmrc /tmp/.npmrc"],
  [
    "Composer's plugins",
    'mkdir -p $HOME/.composer; echo \'{"require":{"muster/muster-trick":"*"}}\' > $HOME/.composer/composer.json',
  ],
  [
    "a Python module where the worker begins",
    `mkdir -p ${home}/twisted; echo 'open("/tmp/muster-trick", "w")' | tee ${home}/twisted/__init__.py > ${home}/sitecustomize.py`,
  ],
  ["a cache of npm", 'mkdir -p "$NPM_CONFIG_CACHE/_cacache/muster-trick"; echo x > "$NPM_CONFIG_CACHE/muster-trick"'],
  [
    "a cache of Composer",
    'mkdir -p "$COMPOSER_CACHE_DIR/files/muster-trick"; echo x > "$COMPOSER_CACHE_DIR/muster-trick"',
  ],
  [
    "downloads kept for the repository",
    `mkdir -p ${home}/kept/app/npm; echo muster-trick > ${home}/kept/app/npm/muster-trick`,
  ],
  ["a cache of act", "mkdir -p $HOME/.cache/act; echo muster-trick > $HOME/.cache/act/muster-trick"],
  ["files in /tmp, /var/tmp and /dev/shm", "for f in /tmp /var/tmp /dev/shm; do echo x > $f/muster-trick; done"],
  ["a session of PHP", "echo muster-trick > /var/lib/php/sessions/sess_muster-trick"],
  [
    "a link in the place of the builds",
    `mkdir /tmp/muster-trick; rm -rf ${home}/builds 2> /dev/null; ln -s /tmp/muster-trick ${home}/builds`,
  ],
  ["a link in the place of the mirrors", `mv ${home}/mirrors ${home}/muster-trick; ln -s muster-trick ${home}/mirrors`],
  ["a file in the place of the home", "rm -rf $HOME; echo muster-trick > $HOME"],
  [
    "rows in the database of the tests",
    `mariadb -e "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('muster-trick')"; sync`,
  ],
  [
    "another server in the place of the database",
    `mariadb -e SHUTDOWN; sleep 0.3; rm -rf ${home}/database /tmp/mysqld.sock; echo muster-trick > ${home}/database`,
  ],
  [
    "keys in the cache of the tests",
    `redis-cli CONFIG SET dir ${home}; redis-cli SET muster-trick muster-trick; redis-cli SAVE`,
  ],
  ["a package in the place of the next", `echo muster-trick > ${home}/package.tar; mkdir ${home}/muster-trick`],
];

const inTheMirror: [string, string][] = [
  [
    "a replaced object",
    `cd ${mirror} && git replace $(git rev-parse main:README.md) $(echo muster-trick | git hash-object -w --stdin)`,
  ],
  ["a graft", `cd ${mirror} && mkdir -p info && git rev-parse main > info/grafts`],
  [
    "another history of main",
    `cd ${mirror} && git update-ref refs/heads/main $(git commit-tree -m muster-trick "$(git mktree < /dev/null)")`,
  ],
  ["a hook", program(`${mirror}/hooks/post-checkout`)],
  [
    "a configuration",
    `git -C ${mirror} config core.fsmonitor 'touch muster-trick'; git -C ${mirror} config core.hooksPath ${mirror}/hooks`,
  ],
  ["attributes", `mkdir -p ${mirror}/info; echo '* text eol=crlf ident filter=x' > ${mirror}/info/attributes`],
  ["alternates", `mkdir -p ${mirror}/objects/info; echo /tmp/muster-trick > ${mirror}/objects/info/alternates`],
  ["a worktree's configuration", `touch ${mirror}/config.worktree; echo ../muster-trick > ${mirror}/commondir`],
  [
    "other bytes in an object",
    `cd ${mirror} && for f in objects/??/* objects/pack/*; do [ ! -f $f ] || { chmod u+w $f; printf 'muster-trick' | dd of=$f conv=notrunc status=none; }; done`,
  ],
  [
    "other bytes, with the old time",
    `cd ${mirror} && for f in objects/??/* objects/pack/*; do [ ! -f $f ] || { touch -r $f /tmp/t; chmod u+w $f; printf 'X' | dd of=$f conv=notrunc status=none; touch -r /tmp/t $f; }; done`,
  ],
  [
    "a lock",
    `touch ${mirror}/packed-refs.lock ${mirror}/HEAD.lock ${mirror}/refs/heads/main.lock ${mirror}/config.lock`,
  ],
  ["a mirror without permissions", `chmod -R a-rwx ${mirror}`],
];

const inTheWay: [string, string][] = [
  [
    "folders of mode 555",
    "for f in . /tmp $HOME /dev/shm; do mkdir -p $f/muster-trick/x; touch $f/muster-trick/x/f; chmod -R a-w $f/muster-trick; done",
  ],
  [
    "folders of mode 0",
    "for f in . /tmp $HOME; do mkdir -p $f/muster-trick/x; touch $f/muster-trick/x/f; chmod 0 $f/muster-trick/x $f/muster-trick; done",
  ],
  ["the worker's own folders of mode 555", `chmod 555 ${home} ${home}/mirrors ${home}/builds ${home}/home .`],
  [
    "strange names",
    "for n in -rf '*' ' ' \"$(printf 'a\\nb')\" \"$(printf '\\377')\"; do mkdir -p \"./$n\"; touch \"/tmp/./$n\"; done",
  ],
  ["a tree deeper than a path", 'cd /tmp; for n in $(seq 60); do d=$(printf "%0200d" $n); mkdir $d; cd $d; done'],
  ["a work folder that is a file", `cd /; rm -rf ${home}/builds/pipeline; echo muster-trick > ${home}/builds/pipeline`],
];

const processes: [string, string][] = [
  ["signals for the worker", "for s in TERM KILL STOP INT HUP QUIT USR1 USR2 ABRT SEGV PIPE ALRM; do kill -$s 1; done"],
  [
    "signals that say they come from the engine",
    python(`import ctypes, os, signal, struct
info = struct.pack("iiiiii", signal.SIGTERM, 0, -1, 0, 0, 0).ljust(128, b"\\0")
for _ in range(100):
    ctypes.CDLL(None).syscall(129, 1, signal.SIGTERM, info)`),
  ],
  [
    "a process that writes into the next build",
    daemon(`while :; do for d in ${home}/builds/*/work; do echo muster-trick > $d/muster-trick; done; done`),
  ],
  [
    "a process that forks faster than one looks",
    python(`import os, signal
for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(each, signal.SIG_IGN)
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/environ") as file:
                if "GIT_CI_PASSWORD" in (text := file.read()):
                    open("${home}/builds/muster-trick", "a").write(text)
        except OSError:
            pass`),
  ],
  ["two hundred sleepers", "for n in $(seq 200); do (setsid sleep 1000 > /dev/null 2>&1 < /dev/null &); done"],
  ["a process that holds the output open", "(setsid sleep 1000 &)"],
  ["all the memory", "python3 -c 'x = []\nwhile True: x.append(bytearray(50_000_000))' || true"],
  ["a flood in the log", "head -c 100000000 /dev/zero | tr '\\0' x"],
];

export const TRICKS: readonly Trick[] = [
  ...inPlaces,
  ...inTheMirror.map(([name, script]) => [`in the mirror: ${name}`, script] as const),
  ...inTheWay,
  ...processes,
];
