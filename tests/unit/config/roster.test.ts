import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "yaml";
import { WORKLOAD_IMAGES } from "../../../config/catalogue";
import { resolveTeam } from "../../../config/members";
import { memberUrls, teamUrl } from "../../../config/naming";
import { ConfigError } from "../../../config/problems";
import { parseTeamConfig } from "../../../config/schema/team";
import { problems } from "../../support/config";

const roster = [{ id: "alice" }];
const alice = (options: object) => ({ members: [{ id: "alice", ...options }] });
const manyMembers = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `m${index}` }));
const longNames = manyMembers(1000).map(({ id }) => ({ id, name: "Renée".repeat(16) }));

const ci = (options: object) => ({ members: roster, ci: options });
const repositories = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`);
const steps = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `s${index}`, command: "true" }));

const ID_RULE = 'is not a valid id: use 1–20 of a-z, 0-9 and "-", starting with a letter and not ending in "-"';
const MEMBER_KEYS = "is not a known key: use cache, email, environment, extensions, id, limits, name, php, role";
const TEAM_KEYS =
  "is not a known key: use certificates, ci, defaults, docker, domain, environment, git, httpPort, images, kubernetes, listen, live, members, mirrors, packages, " +
  "port, proxies, publicPort, registry, repositories, target, team, tls, upstream, visibility";
const RESERVED =
  "is reserved for the team's own services (adminer, ci, gateway, git, live, localhost, mail, portal, www): choose another id";
const DOMAIN_RULE =
  'is not a valid domain: use lower-case labels of a-z, 0-9 and "-" joined by dots, such as localhost or dev.example.org';
const EXTENSION_RULE = "is not a valid extension: use its identifier, publisher.name or publisher.name@version";
const SUBNETS_RULE = "is not a usable address pool: use an IPv4 network of /8 to /20 such as 10.192.0.0/12";
const REGISTRY_RULE = "is not a valid registry: use host[:port][/path], such as registry.example.org/muster";
const STORAGE_CLASS_RULE = 'is not a valid storage class: use its name, of a-z, 0-9, "-" and "."';
const REPOSITORY_RULE =
  'is not a valid repository: use 1–40 of a-z, 0-9 and "-", starting and ending with a letter or digit';
const BRANCH_RULE =
  'is not a valid branch: use up to 100 of letters, digits, ".", "_", "/" and "-", starting with a letter or digit';
const FOLDER_RULE = "is not a valid folder: use a path inside the repository, such as dist or web/build";
const VARIABLE_RULE = "is not a variable's name: use up to 100 letters, digits and _, and no digit first";
const VALUE_RULE = "cannot be a variable's value: use at most 8192 characters, and none of them NUL";
const TAKEN_PORT =
  "is one of the ports that the team's containers have for themselves (3306, 6379, 13337, 13338, 13380, 13381): use another one";
const LISTEN_RULE = "is not an IPv4 address: use for example 127.0.0.1, or 0.0.0.0 for every interface";

describe("bad input", () => {
  const cases: [string, unknown, ...string[]][] = [
    ["nothing", undefined, 'config: is missing: add it, for example "team: …"'],
    ["null", null, 'config: is not a group of keys: write for example "team: …"'],
    ["a list", [], 'config: is not a group of keys: write for example "team: …"'],

    ["no roster", {}, "config/members: is missing: add it, for example - id: alice"],
    ["an empty roster", { members: [] }, "config/members: has no member: add one, for example - id: alice"],
    ["a roster of null", { members: null }, "config/members: is not a list: write for example - id: alice"],
    ["a text as roster", { members: "alice" }, "config/members: is not a list: write for example - id: alice"],
    ["a group as roster", { members: {} }, "config/members: is not a list: write for example - id: alice"],
    ["a text as member", { members: ["alice"] }, 'config/members/0: is not a group of keys: write for example "id: …"'],
    [
      "null as member",
      { members: [{ id: "alice" }, null] },
      'config/members/1: is not a group of keys: write for example "id: …"',
    ],

    ["no id", { members: [{}] }, "config/members/0/id: is missing: add it, for example alice"],
    ["a number as id", { members: [{ id: 1 }] }, "config/members/0/id: 1 is not a text: write for example alice"],
    ["an empty id", { members: [{ id: "" }] }, `config/members/0/id: "" ${ID_RULE}`],
    ["other characters in an id", { members: [{ id: "Bob!" }] }, `config/members/0/id: "Bob!" ${ID_RULE}`],
    ["a capital in an id", { members: [{ id: "Bob" }] }, `config/members/0/id: "Bob" ${ID_RULE}`],
    ["a line end in an id", { members: [{ id: "bob\n" }] }, `config/members/0/id: "bob\\n" ${ID_RULE}`],
    ["a digit first", { members: [{ id: "1bob" }] }, `config/members/0/id: "1bob" ${ID_RULE}`],
    ["a hyphen first", { members: [{ id: "-bob" }] }, `config/members/0/id: "-bob" ${ID_RULE}`],
    ["a hyphen last", { members: [{ id: "bob-" }] }, `config/members/0/id: "bob-" ${ID_RULE}`],
    [
      "21 characters in an id",
      { members: [{ id: "abcdefghijklmnopqrstu" }] },
      `config/members/0/id: "abcdefghijklmnopqrstu" ${ID_RULE}`,
    ],
    ...["adminer", "ci", "gateway", "git", "live", "localhost", "portal", "www"].map(
      (id): [string, unknown, string] => [
        `the reserved id ${id}`,
        { members: [{ id }] },
        `config/members/0/id: "${id}" ${RESERVED}`,
      ],
    ),
    ...["code-", "db-"].map((prefix): [string, unknown, string] => [
      `the reserved prefix ${prefix}`,
      { members: [{ id: `${prefix}alice` }] },
      `config/members/0/id: "${prefix}alice" begins with "${prefix}", ` +
        "which is reserved for members' own services (code-, db-): choose another id",
    ]),
    [
      "an id that no URL can hold",
      { members: [{ id: "xn--bob" }] },
      'config/members/0/id: "xn--bob" contains "--", which separates the parts of an address: choose another id',
    ],
    [
      "ids given twice and thrice",
      { members: [{ id: "alice" }, { id: "bob" }, { id: "alice" }, { id: "alice" }] },
      'config/members/2/id: "alice" is already the id of members/0: give each member an id of their own',
      'config/members/3/id: "alice" is already the id of members/0: give each member an id of their own',
    ],
    [
      "1001 members",
      { members: manyMembers(1001) },
      "config/members: has too many members: use one team for each 1000",
    ],

    [
      "names that the portal's one variable does not hold",
      { members: longNames },
      "config/members: has names that need more than the portal's 80 KiB: shorten them, or leave some out",
    ],

    [
      "an unknown key",
      { members: roster, memebers: [] },
      'config/memebers: "memebers" is not a known key: did you mean members?',
    ],
    [
      "an unknown key of a member",
      alice({ nmae: "Alice" }),
      'config/members/0/nmae: "nmae" is not a known key: did you mean name?',
    ],
    [
      "a name of JavaScript's as key",
      alice({ constructor: 1 }),
      `config/members/0/constructor: "constructor" ${MEMBER_KEYS}`,
    ],
    [
      "keys of a group outside of it, or as a path",
      { members: [{ id: "alice", timezone: "UTC" }], "ci.workers": 2, Domain: "localhost" },
      'config/members/0/timezone: "timezone" is not a known key: did you mean php: { timezone: … }?',
      'config/ci.workers: "ci.workers" is not a known key: did you mean ci: { workers: … }?',
      'config/Domain: "Domain" is not a known key: did you mean domain?',
    ],
    [
      "an unknown workload",
      alice({ limits: { apache: {} } }),
      'config/members/0/limits/apache: "apache" is not a known key: use cache, code, db, web',
    ],
    [
      "an unknown limit",
      alice({ limits: { web: { disk: 1 } } }),
      'config/members/0/limits/web/disk: "disk" is not a known key: use cpus, memory',
    ],
    [
      "an unknown PHP setting",
      alice({ php: { memory: 1 } }),
      'config/members/0/php/memory: "memory" is not a known key: ' +
        "use displayErrors, maxExecutionTime, memoryLimit, timezone, uploadLimit",
    ],
    [
      "an id among the defaults",
      { members: roster, defaults: { id: "alice" } },
      'config/defaults/id: "id" is not a known key: use cache, environment, extensions, limits, php',
    ],
    [
      "unknown keys of the groups",
      { members: roster, docker: { a: 1 }, kubernetes: { b: 1 }, mirrors: { c: 1 } },
      'config/docker/a: "a" is not a known key: use subnets',
      'config/kubernetes/b: "b" is not a known key: use accessMode, context, gatewayApi, ingress, service, storage, storageClass',
      'config/mirrors/c: "c" is not a known key: use apt, aptSecurity, composer, extensions, npm, pypi',
    ],
    [
      "texts as groups",
      { members: roster, defaults: "a", docker: "b", kubernetes: "c", mirrors: "d" },
      'config/defaults: is not a group of keys: write for example "limits: …"',
      'config/docker: "b" is not a group of keys: write for example "subnets: …"',
      'config/kubernetes: "c" is not a group of keys: write for example "context: …"',
      'config/mirrors: "d" is not a group of keys: write for example "apt: …"',
    ],

    [
      "a team with spaces",
      { members: roster, team: "My Team" },
      'config/team: "My Team" is not a valid team: use 1–20 of a-z and 0-9, starting with a letter',
    ],
    [
      "a team with a hyphen",
      { members: roster, team: "a-team" },
      'config/team: "a-team" is not a valid team: use 1–20 of a-z and 0-9, starting with a letter',
    ],
    ...["bridge", "default", "host", "none"].map((team): [string, unknown, string] => [
      `the team ${team} on Docker`,
      { members: roster, team },
      `config/team: "${team}" is a network of Docker's own (bridge, default, host, none): choose another name`,
    ]),
    ...[3306, 6379, 13_337, 13_338, 13_380, 13_381].map((port): [string, unknown, ...string[]] => [
      `the port ${port}, which forwards inside of containers would take from their servers`,
      { members: roster, domain: "dev.example.org", port, httpPort: port === 3306 ? 6379 : 3306 },
      `config/port: ${port} ${TAKEN_PORT}`,
      `config/httpPort: ${port === 3306 ? 6379 : 3306} ${TAKEN_PORT}`,
    ]),
    ["a number as team", { members: roster, team: 5 }, "config/team: 5 is not a text: write for example hackathon"],
    [
      "an unknown target",
      { members: roster, target: "podman" },
      'config/target: "podman" is not a known target: use docker or kubernetes',
    ],
    [
      "a number as target",
      { members: roster, target: 1 },
      "config/target: 1 is not a known target: use docker or kubernetes",
    ],
    ["a domain with a space", { members: roster, domain: "local host" }, `config/domain: "local host" ${DOMAIN_RULE}`],
    [
      "a domain with capitals",
      { members: roster, domain: "Example.org" },
      `config/domain: "Example.org" ${DOMAIN_RULE}`,
    ],
    ["a domain that ends in a dot", { members: roster, domain: "a.org." }, `config/domain: "a.org." ${DOMAIN_RULE}`],
    ["a URL as domain", { members: roster, domain: "http://a.org" }, `config/domain: "http://a.org" ${DOMAIN_RULE}`],
    ["an empty domain", { members: roster, domain: "" }, `config/domain: "" ${DOMAIN_RULE}`],
    [
      "a label of 64 characters",
      { members: roster, domain: `${"a".repeat(64)}.org` },
      `config/domain: "${"a".repeat(64)}.org" ${DOMAIN_RULE}`,
    ],
    [
      "an address as domain",
      { members: roster, domain: "192.168.1.2" },
      'config/domain: "192.168.1.2" is an IP address, below which no host names exist: use a domain such as localhost',
    ],
    [
      "a number as domain",
      { members: roster, domain: 8 },
      "config/domain: 8 is not a text: write for example dev.example.org",
    ],
    ["a name to listen on", { members: roster, listen: "localhost" }, `config/listen: "localhost" ${LISTEN_RULE}`],
    ["an IPv6 address to listen on", { members: roster, listen: "::1" }, `config/listen: "::1" ${LISTEN_RULE}`],
    ["port 0", { members: roster, port: 0 }, "config/port: 0 is out of range: use 1 to 65535 (a TCP port)"],
    ["port 65536", { members: roster, port: 65536 }, "config/port: 65536 is out of range: use 1 to 65535 (a TCP port)"],
    ["half a port", { members: roster, port: 80.5 }, "config/port: 80.5 is not a whole number: use for example 8080"],
    [
      "a text as port",
      { members: roster, port: "http" },
      'config/port: "http" is not a number: write for example 8080',
    ],
    ["no port", { members: roster, port: null }, "config/port: null is not a number: write for example 8080"],

    [
      "an empty name",
      alice({ name: "" }),
      'config/members/0/name: "" is empty: leave the key out to show the id instead',
    ],
    [
      "a name of 81 characters",
      alice({ name: "x".repeat(81) }),
      `config/members/0/name: "${"x".repeat(81)}" is too long: use at most 80 characters`,
    ],
    [
      "a name on two lines",
      alice({ name: "Alice\nKim" }),
      'config/members/0/name: "Alice\\nKim" has control characters: use a name on one line',
    ],
    ["a number as name", alice({ name: 7 }), "config/members/0/name: 7 is not a text: write for example Alice Kim"],
    ["no name", alice({ name: null }), "config/members/0/name: null is not a text: write for example Alice Kim"],
    [
      "an e-mail address without @",
      alice({ email: "alice" }),
      'config/members/0/email: "alice" is not an e-mail address: use name@host',
    ],
    [
      "an e-mail address with a space",
      alice({ email: "a b@c.org" }),
      'config/members/0/email: "a b@c.org" is not an e-mail address: use name@host',
    ],
    [
      "an e-mail address in brackets",
      alice({ email: "<a@c.org>" }),
      'config/members/0/email: "<a@c.org>" is not an e-mail address: use name@host',
    ],
    [
      "an e-mail address with a control character",
      alice({ email: "a\0@c.org" }),
      'config/members/0/email: "a\\u0000@c.org" is not an e-mail address: use name@host',
    ],
    [
      "an e-mail address of 255 characters",
      alice({ email: `${"a".repeat(249)}@b.org` }),
      `config/members/0/email: "${"a".repeat(116)}… is too long: use at most 254 characters`,
    ],

    [
      "limits below what the software needs",
      alice({ limits: { web: { memory: 95 }, db: { memory: 191 }, cache: { memory: 31 }, code: { memory: 383 } } }),
      "config/members/0/limits/web/memory: 95 is out of range: use 96 to 1048576 MiB",
      "config/members/0/limits/db/memory: 191 is out of range: use 192 to 1048576 MiB",
      "config/members/0/limits/cache/memory: 31 is out of range: use 32 to 1048576 MiB",
      "config/members/0/limits/code/memory: 383 is out of range: use 384 to 1048576 MiB",
    ],
    [
      "limits beyond every machine",
      alice({ limits: { web: { memory: 1_048_577, cpus: 257 } } }),
      "config/members/0/limits/web/memory: 1048577 is out of range: use 96 to 1048576 MiB",
      "config/members/0/limits/web/cpus: 257 is out of range: use 0.1 to 256 CPUs",
    ],
    [
      "no and negative CPUs",
      alice({ limits: { web: { cpus: 0 }, db: { cpus: -1 } } }),
      "config/members/0/limits/web/cpus: 0 is out of range: use 0.1 to 256 CPUs",
      "config/members/0/limits/db/cpus: -1 is out of range: use 0.1 to 256 CPUs",
    ],
    [
      "limits with units",
      alice({ limits: { web: { memory: "1g", cpus: "500m" } } }),
      'config/members/0/limits/web/memory: "1g" is not a number: write for example 384',
      'config/members/0/limits/web/cpus: "500m" is not a number: write for example 1',
    ],
    [
      "half a MiB",
      alice({ limits: { web: { memory: 100.5 } } }),
      "config/members/0/limits/web/memory: 100.5 is not a whole number: use for example 384",
    ],
    [
      "a number as limits",
      alice({ limits: { web: 512 } }),
      'config/members/0/limits/web: 512 is not a group of keys: write for example "memory: …"',
    ],
    [
      "impossible limits among the defaults",
      { members: roster, defaults: { limits: { db: { memory: 1 } } } },
      "config/defaults/limits/db/memory: 1 is out of range: use 192 to 1048576 MiB",
    ],
    [
      "impossible PHP settings",
      alice({
        php: { memoryLimit: 15, uploadLimit: 65, maxExecutionTime: 0, displayErrors: "yes", timezone: "Mars/Olympus" },
      }),
      "config/members/0/php/memoryLimit: 15 is out of range: use 16 to 65536 MiB",
      "config/members/0/php/uploadLimit: 65 is out of range: use 1 to 64 MiB",
      "config/members/0/php/maxExecutionTime: 0 is out of range: use 1 to 3600 seconds",
      'config/members/0/php/displayErrors: "yes" is not true or false: write for example true',
      'config/members/0/php/timezone: "Mars/Olympus" is not a known time zone: use a name such as Europe/Berlin',
    ],
    [
      "an unknown cache",
      alice({ cache: "memcached" }),
      'config/members/0/cache: "memcached" is not a known cache: use none or redis',
    ],
    ["true as cache", alice({ cache: true }), "config/members/0/cache: true is not a known cache: use none or redis"],
    [
      "a text as extensions",
      alice({ extensions: "xdebug.php-debug" }),
      'config/members/0/extensions: "xdebug.php-debug" is not a list: write for example [xdebug.php-debug]',
    ],
    [
      "bad extensions",
      alice({ extensions: ["xdebug", "a.b;rm", "--help.x", 1] }),
      `config/members/0/extensions/0: "xdebug" ${EXTENSION_RULE}`,
      `config/members/0/extensions/1: "a.b;rm" ${EXTENSION_RULE}`,
      `config/members/0/extensions/2: "--help.x" ${EXTENSION_RULE}`,
      "config/members/0/extensions/3: 1 is not a text: write for example xdebug.php-debug",
    ],
    [
      "51 extensions",
      alice({ extensions: Array(51).fill("a.b") }),
      `config/members/0/extensions: ${JSON.stringify(Array(51).fill("a.b")).slice(0, 117)}… has too many entries: list at most 50 extensions`,
    ],

    [
      "no repository",
      { members: roster, repositories: [] },
      "config/repositories: [] is empty: name one repository, for example [app]",
    ],
    [
      "a text as repositories",
      { members: roster, repositories: "app" },
      'config/repositories: "app" is not a list: write for example [app]',
    ],
    [
      "null as repositories",
      { members: roster, repositories: null },
      "config/repositories: null is not a list: write for example [app]",
    ],
    [
      "a repository given twice",
      { members: roster, repositories: ["app", "blog", "app"] },
      'config/repositories: ["app","blog","app"] names a repository twice: list each once',
    ],
    [
      "51 repositories",
      { members: roster, repositories: repositories(51) },
      `config/repositories: ${JSON.stringify(repositories(51)).slice(0, 117)}… ` +
        "has too many entries: list at most 50; others are made at their first push",
    ],
    ...["", "App", "-a", "a-", "a b", "a/b", "app.git", "..", "a_b", "a;rm", "ä", "app\n", "a".repeat(41)].map(
      (name): [string, unknown, string] => [
        `${JSON.stringify(name)} as repository`,
        { members: roster, repositories: ["blog", name] },
        `config/repositories/1: ${JSON.stringify(name)} ${REPOSITORY_RULE}`,
      ],
    ),
    [
      "an encoded name as repository",
      { members: roster, repositories: ["xn--app"] },
      'config/repositories/0: "xn--app" contains "--", which separates the parts of an address: choose another name',
    ],
    [
      "no texts as repositories",
      { members: roster, repositories: [1, null, {}] },
      "config/repositories/0: 1 is not a text: write for example app",
      "config/repositories/1: null is not a text: write for example app",
      "config/repositories/2: {} is not a text: write for example app",
    ],

    [
      "bad options of the git server",
      { members: roster, git: { forcePush: "yes", deletion: 1, forcepush: true } },
      'config/git/forcePush: "yes" is not true or false: write for example false',
      "config/git/deletion: 1 is not true or false: write for example false",
      'config/git/forcepush: "forcepush" is not a known key: did you mean forcePush?',
    ],
    [
      "no groups as options of the services",
      { members: roster, git: "on", ci: null, live: [] },
      'config/git: "on" is not a group of keys: write for example "forcePush: …"',
      'config/ci: null is not a group of keys: write for example "deployBranch: …"',
      'config/live: is not a group of keys: write for example "limits: …"',
    ],

    ...[
      ...["", "a b", "-a", "/a", "a/", "a.", "a..b", "a//b", "a/.b", "a.lock", "a.lock/b", "a\n", "a~1", "ä"],
      "a".repeat(101),
    ].map((deployBranch): [string, unknown, string] => [
      `${JSON.stringify(deployBranch)} as deploy branch`,
      ci({ deployBranch }),
      `config/ci/deployBranch: ${JSON.stringify(deployBranch)} ${BRANCH_RULE}`,
    ]),
    [
      "git's own name as deploy branch",
      { members: roster, ci: { deployBranch: "HEAD" } },
      'config/ci/deployBranch: "HEAD" is git\'s name for what is checked out: use a branch such as main',
    ],
    [
      "a number as deploy branch",
      ci({ deployBranch: 1 }),
      "config/ci/deployBranch: 1 is not a text: write for example main",
    ],
    [
      "too few workers and seconds",
      ci({ workers: 0, timeout: 9 }),
      "config/ci/workers: 0 is out of range: use 1 to 16 workers",
      "config/ci/timeout: 9 is out of range: use 10 to 7200 seconds",
    ],
    [
      "too many workers and seconds",
      ci({ workers: 17, timeout: 7201 }),
      "config/ci/workers: 17 is out of range: use 1 to 16 workers",
      "config/ci/timeout: 7201 is out of range: use 10 to 7200 seconds",
    ],
    [
      "half a worker, and minutes",
      ci({ workers: 1.5, timeout: "10m" }),
      "config/ci/workers: 1.5 is not a whole number: use for example 1",
      'config/ci/timeout: "10m" is not a number: write for example 600',
    ],
    [
      "a text as steps",
      ci({ steps: "npm test" }),
      'config/ci/steps: "npm test" is not a list: write for example - {name: lint styles, command: npx stylelint src}',
    ],
    [
      "a text as step",
      ci({ steps: ["npm test"] }),
      'config/ci/steps/0: "npm test" is not a group of keys: write for example "name: …"',
    ],
    [
      "bad steps",
      ci({
        steps: [
          { name: "", command: "" },
          { name: "x".repeat(51), command: 1 },
          {},
          { name: "a", command: "b", run: "c" },
        ],
      }),
      'config/ci/steps/0/name: "" is empty: give the step a name',
      'config/ci/steps/0/command: "" is empty: write the shell command to run',
      `config/ci/steps/1/name: "${"x".repeat(51)}" is too long: use at most 50 characters`,
      "config/ci/steps/1/command: 1 is not a text: write for example npx stylelint src",
      "config/ci/steps/2/name: is missing: add it, for example lint styles",
      "config/ci/steps/2/command: is missing: add it, for example npx stylelint src",
      'config/ci/steps/3/run: "run" is not a known key: use command, name',
    ],
    [
      "21 steps",
      ci({ steps: steps(21) }),
      `config/ci/steps: ${JSON.stringify(steps(21)).slice(0, 117)}… has too many entries: list at most 20 steps`,
    ],
    [
      "a list as environment",
      ci({ environment: ["NODE_ENV=test"] }),
      'config/ci/environment: ["NODE_ENV=test"] is not a group of keys: write for example NODE_ENV: test',
    ],
    [
      "what the CI's master refuses at its start",
      {
        members: roster,
        ci: {
          dist: "dist/",
          steps: [
            { name: "a\tb", command: " \n" },
            { name: " ", command: "a\0" },
            { name: "long", command: "x".repeat(8193) },
          ],
          environment: { A: "a\0", B: "\ud800" },
        },
      },
      'config/ci/steps/0/name: "a\\tb" is blank or has control characters: use a name on one line',
      'config/ci/steps/0/command: " \\n" is blank or has characters that no shell takes: write the shell command to run',
      'config/ci/steps/1/name: " " is blank or has control characters: use a name on one line',
      'config/ci/steps/1/command: "a\\u0000" is blank or has characters that no shell takes: write the shell command to run',
      `config/ci/steps/2/command: "${"x".repeat(116)}… is too long: put it into a script of the repository`,
      `config/ci/environment/A: "a\\u0000" ${VALUE_RULE}`,
      `config/ci/environment/B: "\\ud800" ${VALUE_RULE}`,
      `config/ci/dist: "dist/" ${FOLDER_RULE}`,
    ],
    [
      "steps that one variable does not hold",
      ci({ steps: steps(20).map(({ name }) => ({ name, command: "x".repeat(8192) })) }),
      `config/ci/steps: [{"name":"s0","command":"${"x".repeat(92)}… ` +
        "and the variables need more than 96 KiB: put long commands into scripts of the repository",
    ],
    ...["a//b", "/a", "a/.b", "a b", "a/../b"].map((dist): [string, unknown, string] => [
      `the folder ${dist}`,
      ci({ dist }),
      `config/ci/dist: "${dist}" ${FOLDER_RULE}`,
    ]),
    ...[" ", "\u00a0", ".,;", "<'\">"].map((name): [string, unknown, string] => [
      `the name ${JSON.stringify(name)}`,
      alice({ name }),
      `config/members/0/name: ${JSON.stringify(name)} has neither letters nor signs that show: ` +
        "leave the key out to show the id instead",
    ]),
    ...["team.1", "dev.0x1", "example.0"].map((domain): [string, unknown, string] => [
      `the domain ${domain}, an address in URLs`,
      { members: roster, domain },
      `config/domain: "${domain}" ${DOMAIN_RULE}`,
    ]),
    [
      "a domain that encodes nothing",
      { members: roster, domain: "xn--a.example.org" },
      'config/domain: "xn--a.example.org" has a label that begins with "xn--" and encodes nothing: ' +
        "write the domain as browsers show its address",
    ],
    [
      "addresses that no program can read",
      { members: roster, upstream: { provider: "git", url: "https://git:99999/a" }, mirrors: { npm: "http://[a" } },
      'config/upstream/url: "https://git:99999/a" has no valid host or port: ' +
        "use an address such as https://github.com/our-team",
      'config/mirrors/npm: "http://[a" has no valid host or port: use an address such as https://npm.example.org',
    ],
    [
      "pools that no host has",
      { members: roster, docker: { subnets: "224.0.0.0/8" } },
      `config/docker/subnets: "224.0.0.0/8" ${SUBNETS_RULE}`,
    ],
    ...["a..b", "a.-b", "r.example.org/a//b", "r.example.org/.a", "r.example.org:0/a"].map(
      (push): [string, unknown, string] => [
        `the registry ${push}`,
        { members: roster, registry: { push } },
        `config/registry/push: "${push}" ${REGISTRY_RULE}`,
      ],
    ),
    ...["a..b", "a.-b", "-a"].map((storageClass): [string, unknown, string] => [
      `the storage class ${storageClass}`,
      { members: roster, kubernetes: { storageClass } },
      `config/kubernetes/storageClass: "${storageClass}" ${STORAGE_CLASS_RULE}`,
    ]),
    [
      "names that no variable has",
      ci({ environment: { "1A": "a", "A-B": "b", "": "c" } }),
      `config/ci/environment/1A: "1A" ${VARIABLE_RULE}`,
      `config/ci/environment/A-B: "A-B" ${VARIABLE_RULE}`,
      `config/ci/environment/: "" ${VARIABLE_RULE}`,
    ],
    [
      "values that are no texts",
      ci({ environment: { A: 1, B: null, C: true } }),
      "config/ci/environment/A: 1 is not a text: put it in quotes",
      "config/ci/environment/B: null is not a text: write for example test",
      "config/ci/environment/C: true is not a text: put it in quotes",
    ],
    ...["", "/dist", ".", "..", "../a", "a/../b", ".dist", "a b", "a;rm", "a".repeat(101)].map(
      (dist): [string, unknown, string] => [
        `${JSON.stringify(dist)} as folder of the build`,
        ci({ dist }),
        `config/ci/dist: ${JSON.stringify(dist)} ${FOLDER_RULE}`,
      ],
    ),
    ["a number as folder of the build", ci({ dist: 1 }), "config/ci/dist: 1 is not a text: write for example dist"],
    [
      "a text as anonymous",
      ci({ anonymous: "no" }),
      'config/ci/anonymous: "no" is not true or false: write for example true',
    ],
    [
      "limits that no worker can do with",
      ci({ limits: { memory: 255, cpus: 0.05, disk: 1 } }),
      "config/ci/limits/memory: 255 is out of range: use 256 to 1048576 MiB",
      "config/ci/limits/cpus: 0.05 is out of range: use 0.1 to 256 CPUs",
      'config/ci/limits/disk: "disk" is not a known key: use cpus, memory',
    ],
    [
      "a number as a worker's limits",
      ci({ limits: 512 }),
      'config/ci/limits: 512 is not a group of keys: write for example "memory: …"',
    ],
    [
      "an unknown key of the CI",
      ci({ worker: 2 }),
      'config/ci/worker: "worker" is not a known key: did you mean workers?',
    ],

    [
      "PHP that may take more memory than its web server",
      {
        members: [
          { id: "alice", php: { memoryLimit: 385 } },
          { id: "bob", limits: { web: { memory: 200 } } },
          { id: "carol", limits: { web: { memory: 1024 } }, php: { memoryLimit: 1024 } },
        ],
        defaults: { php: { memoryLimit: 256 } },
        live: { limits: { web: { memory: 256 } }, php: { memoryLimit: 300 } },
      },
      "config/live/php/memoryLimit: 300 is more than the 256 MiB of the web server: lower it, or raise limits/web/memory",
      "config/members/0/php/memoryLimit: 385 is more than the 384 MiB of the web server: lower it, or raise limits/web/memory",
      "config/defaults/php/memoryLimit: 256 is more than the 200 MiB of the web server: lower it, or raise limits/web/memory",
    ],

    [
      "bad options of the live server",
      {
        members: roster,
        live: { limits: { web: { memory: 95 }, worker: {} }, php: { memoryLimit: 1 }, cache: "memcached" },
      },
      "config/live/limits/web/memory: 95 is out of range: use 96 to 1048576 MiB",
      'config/live/limits/worker: "worker" is not a known key: use cache, code, db, web',
      "config/live/php/memoryLimit: 1 is out of range: use 16 to 65536 MiB",
      'config/live/cache: "memcached" is not a known cache: use none or redis',
    ],
    [
      "a member's own options for the live server",
      { members: roster, live: { extensions: [], name: "Live" } },
      'config/live/extensions: "extensions" is not a known key: use cache, environment, limits, mail, php',
      'config/live/name: "name" is not a known key: use cache, environment, limits, mail, php',
    ],

    ...["10.0.0.1/12", "10.0.0.0/21", "0.0.0.0/7", "300.0.0.0/12", "10.0.0.0", "fd00::/8"].map(
      (subnets): [string, unknown, string] => [
        `${subnets} as pool`,
        { members: roster, docker: { subnets } },
        `config/docker/subnets: "${subnets}" ${SUBNETS_RULE}`,
      ],
    ),
    [
      "a number as pool",
      { members: roster, docker: { subnets: 10 } },
      "config/docker/subnets: 10 is not a text: write for example 10.192.0.0/12",
    ],
    [
      "bad options of Kubernetes",
      { members: roster, kubernetes: { context: "", storageClass: "", storage: 0, accessMode: "ReadOnly" } },
      'config/kubernetes/context: "" is empty: leave the key out to use the current context',
      `config/kubernetes/storageClass: "" ${STORAGE_CLASS_RULE}`,
      "config/kubernetes/storage: 0 is out of range: use 1 to 10240 GiB",
      'config/kubernetes/accessMode: "ReadOnly" is not a known access mode: use ReadWriteOnce or ReadWriteMany',
    ],
    [
      "bad mirrors",
      { members: roster, mirrors: { apt: "ftp://a", aptSecurity: "a b", npm: 1, pypi: "https://a'b" } },
      'config/mirrors/apt: "ftp://a" is not a valid URL: use an http:// or https:// address such as http://deb.debian.org/debian',
      'config/mirrors/aptSecurity: "a b" is not a valid URL: ' +
        "use an http:// or https:// address such as http://deb.debian.org/debian-security",
      "config/mirrors/npm: 1 is not a text: write for example https://npm.example.org",
      'config/mirrors/pypi: "https://a\'b" is not a valid URL: ' +
        "use an http:// or https:// address such as https://pypi.example.org/simple",
    ],
    [
      "a number as certificates",
      { members: roster, certificates: 1 },
      "config/certificates: 1 is not a text: write for example /usr/local/share/ca-certificates",
    ],
    [
      "bad ways to publish the gateway",
      {
        members: roster,
        kubernetes: {
          service: { type: "External", annotations: { "a b": "c" } },
          ingress: { className: "Nginx", tlsSecret: "" },
          gatewayApi: { namespace: "infra", tls: "yes" },
        },
      },
      'config/kubernetes/service/type: "External" is not a known type: use ClusterIP, NodePort or LoadBalancer',
      'config/kubernetes/service/annotations/a b: "a b" is not an annotation\'s name: use for example example.org/scheme',
      'config/kubernetes/ingress/className: "Nginx" is not a valid ingress class: use its name, of a-z, 0-9, "-" and "."',
      'config/kubernetes/ingress/tlsSecret: "" is not a valid secret\'s name: use its name, of a-z, 0-9, "-" and "."',
      "config/kubernetes/gatewayApi/gateway: is missing: add it, for example public",
      'config/kubernetes/gatewayApi/tls: "yes" is not true or false: write for example true',
    ],
    [
      "a bad registry, whose password is not repeated",
      { members: roster, registry: { push: "https://r.example.org", pull: "", user: "puller", password: "pass word" } },
      `config/registry/push: "https://r.example.org" ${REGISTRY_RULE}`,
      `config/registry/pull: "" ${REGISTRY_RULE}`,
      'config/registry/password: is not a valid password: use letters, digits, ".", "_", "~", "+", "/", "=" and "-"',
    ],
    [
      "a registry's user without a password",
      { members: roster, registry: { push: "r.example.org", user: "puller" } },
      "config/registry/password: is missing: the user has one, or leave both out",
    ],
    [
      "a registry's password without a user",
      { members: roster, registry: { push: "r.example.org", password: "secret" } },
      "config/registry/user: is missing: the password belongs to one, or leave both out",
    ],
    [
      "images without a digest or of another name",
      { members: roster, images: { portal: "r.example.org/portal:1", php: "r.example.org/php:1" } },
      'config/images/portal: "r.example.org/portal:1" is not a valid image: use a reference with its digest, such as registry.example.org/muster/portal@sha256:<64 hex digits>',
      `config/images/php: "php" is not a known key: use ${WORKLOAD_IMAGES.join(", ")}`,
    ],
    [
      "Kubernetes without a registry",
      { members: roster, target: "kubernetes" },
      "config/registry: is missing: name the registry of the images, for example { push: registry.example.org/muster }",
    ],
    [
      "a node port out of range",
      {
        members: roster,
        target: "kubernetes",
        registry: { push: "r.example.org" },
        kubernetes: { service: { type: "NodePort" } },
      },
      "config/port: cannot be a node port: use 30000 to 32767, or another kubernetes/service/type",
    ],
    [
      "a node port for http out of range",
      {
        ...{ members: roster, target: "kubernetes", domain: "dev.test", tls: "own", port: 30_443, httpPort: 80 },
        registry: { push: "r.example.org" },
        kubernetes: { service: { type: "NodePort" } },
      },
      "config/httpPort: 80 cannot be a node port: use 30000 to 32767, or another kubernetes/service/type",
    ],
    [
      "two ways in; behind one of them the port is no node port",
      {
        members: roster,
        target: "kubernetes",
        registry: { push: "r.example.org" },
        kubernetes: {
          service: { type: "NodePort" },
          ingress: {},
          gatewayApi: { gateway: "public", namespace: "infra" },
        },
      },
      'config/kubernetes/gatewayApi: {"gateway":"public","namespace":"infra"} comes beside an ingress: keep one of the two',
    ],
  ];

  test.each(cases)("%s", (_, raw, ...expected) => {
    expect(problems(raw)).toEqual(expected);
  });

  const OWN = "is a variable of Muster's own or of the system: choose another name, for example with APP_ before it";
  test.each([
    "DB_PASSWORD",
    "PATH",
    "LD_PRELOAD",
    "MUSTER_X",
    "PHP_MEMORY_LIMIT",
    "PASSWORD",
    "SITE_DOMAIN",
    "Path",
    "PUBLIC_DOMAIN",
  ])("the variable %s is Muster's", (name) => {
    expect(problems({ members: roster, live: { environment: { [name]: "word" } } })).toEqual([
      `config/live/environment/${name}: "${name}" ${OWN}`,
    ]);
  });

  const cluster = { members: roster, target: "kubernetes", registry: { push: "r.example.org" } };
  test.each<[string, object]>([
    ["a cluster's team may have the name of a network of Docker's", { ...cluster, team: "default" }],
    ["and so may one on Docker that of Swarm's", { members: roster, team: "ingress" }],
    [
      "a port that containers have is free behind proxies, where nothing inside leads to it",
      { members: roster, domain: "dev.example.org", port: 6379, proxies: ["10.0.0.0/8"] },
    ],
    [
      "and behind a cluster's entrance that ends TLS",
      { ...cluster, domain: "dev.example.org", port: 3306, kubernetes: { ingress: { tlsSecret: "tls" } } },
    ],
    ["an application has its workers", { members: roster, environment: { WORKERS: "4" } }],
  ])("none: %s", (_, raw) => expect(problems(raw)).toEqual([]));

  test("a variable's value is not repeated", () => {
    expect(problems({ members: roster, environment: { APP_KEY: "word\nsecret", "A-B": "word" } })).toEqual([
      "config/environment/APP_KEY: has control characters: use a value on one line",
      'config/environment/A-B: "A-B" is not a variable\'s name: use up to 100 of letters, digits and _, and no digit first',
    ]);
  });

  test("every problem is in one message", () => {
    const raw = {
      team: "A",
      target: "podman",
      port: 0,
      members: [{ id: "Bob!", nmae: "Bob" }, { id: "live" }, { id: "carol", limits: { web: { memory: 1 } } }],
      colour: "red",
    };
    expect(() => parseTeamConfig(raw)).toThrow(
      new ConfigError([
        'config/team: "A" is not a valid team: use 1–20 of a-z and 0-9, starting with a letter',
        'config/target: "podman" is not a known target: use docker or kubernetes',
        "config/port: 0 is out of range: use 1 to 65535 (a TCP port)",
        `config/members/0/id: "Bob!" ${ID_RULE}`,
        'config/members/0/nmae: "nmae" is not a known key: did you mean name?',
        `config/members/1/id: "live" ${RESERVED}`,
        "config/members/2/limits/web/memory: 1 is out of range: use 96 to 1048576 MiB",
        `config/colour: "colour" ${TEAM_KEYS}`,
      ]),
    );
  });

  test("the message counts its problems and has one on each line", () => {
    expect(new ConfigError(["config/a: b"]).message).toBe(
      "A problem in the stack's config; nothing was changed.\n  config/a: b",
    );
    expect(new ConfigError(["config/a: b", "config/c: d"]).message).toBe(
      "2 problems in the stack's config; nothing was changed.\n  config/a: b\n  config/c: d",
    );
  });
});

describe("good input", () => {
  const team = (raw: object) => resolveTeam(parseTeamConfig({ members: roster, ...raw }));

  test("variables are laid over each other", () => {
    const { members, live } = team({
      environment: { A: "team", B: "team", C: "team", URL: "mysql://u:p@h/d?x=$1#'\\\"" },
      defaults: { environment: { B: "defaults", C: "defaults" } },
      members: [{ id: "alice", environment: { C: "alice" } }],
      live: { environment: { C: "live" } },
    });
    const URL = "mysql://u:p@h/d?x=$1#'\\\"";
    expect(members[0]?.environment).toEqual({ A: "team", B: "defaults", C: "alice", URL });
    expect(live.environment).toEqual({ A: "team", B: "team", C: "live", URL });
  });

  test("an id is enough", () => {
    expect(team({})).toEqual({
      id: "muster",
      target: "docker",
      domain: "localhost",
      listen: "127.0.0.1",
      port: 8080,
      members: [
        {
          id: "alice",
          name: "alice",
          email: "alice@localhost",
          role: "member",
          limits: {
            web: { memory: 384, cpus: 1 },
            db: { memory: 384, cpus: 1 },
            cache: { memory: 96, cpus: 0.5 },
            code: { memory: 1536, cpus: 1 },
          },
          php: { memoryLimit: 128, uploadLimit: 64, maxExecutionTime: 30, displayErrors: true, timezone: "UTC" },
          cache: "none",
          environment: {},
          extensions: [],
        },
      ],
      repositories: ["app"],
      git: { forcePush: false, deletion: false },
      ci: {
        deployBranch: "main",
        workers: 1,
        timeout: 600,
        steps: [],
        environment: {},
        dist: "dist",
        workflows: "run",
        unrunnable: "warn",
        newRepositories: "test",
        anonymous: true,
        limits: { memory: 1024, cpus: 1 },
      },
      live: {
        id: "live",
        name: "live",
        limits: {
          web: { memory: 384, cpus: 1 },
          db: { memory: 384, cpus: 1 },
          cache: { memory: 96, cpus: 0.5 },
          code: { memory: 1536, cpus: 1 },
        },
        php: { memoryLimit: 128, uploadLimit: 64, maxExecutionTime: 30, displayErrors: false, timezone: "UTC" },
        cache: "none",
        environment: {},
      },
      docker: { subnets: "10.192.0.0/12" },
      kubernetes: { storage: 5, accessMode: "ReadWriteOnce", service: { type: "ClusterIP", annotations: {} } },
      registry: undefined,
      images: {},
      tls: false,
      gatewayTls: { kind: "off" },
      httpPort: undefined,
      listenPort: 8080,
      proxies: [],
      visibility: undefined,
      mirrors: {},
      packages: [],
      relay: undefined,
      certificates: undefined,
    });
  });

  test("a member's options lie over the team's, and those over the built-in ones, key by key", () => {
    const { members } = team({
      defaults: {
        limits: { web: { memory: 512 }, db: { cpus: 2 } },
        php: { timezone: "Europe/Berlin", displayErrors: true },
        cache: "redis",
        extensions: ["a.b"],
      },
      members: [
        { id: "alice" },
        {
          id: "bob",
          limits: { web: { cpus: 4 }, db: { memory: 1024 } },
          php: { displayErrors: false },
          cache: "none",
          extensions: [],
        },
      ],
    });
    expect(members.map(({ limits }) => limits)).toEqual([
      {
        web: { memory: 512, cpus: 1 },
        db: { memory: 384, cpus: 2 },
        cache: { memory: 96, cpus: 0.5 },
        code: { memory: 1536, cpus: 1 },
      },
      {
        web: { memory: 512, cpus: 4 },
        db: { memory: 1024, cpus: 2 },
        cache: { memory: 96, cpus: 0.5 },
        code: { memory: 1536, cpus: 1 },
      },
    ]);
    expect(members.map(({ php }) => [php.timezone, php.displayErrors])).toEqual([
      ["Europe/Berlin", true],
      ["Europe/Berlin", false],
    ]);
    expect(members.map(({ cache, extensions }) => [cache, extensions])).toEqual([
      ["redis", ["a.b"]],
      ["none", []],
    ]);
  });

  test("the options of a service lie over its own defaults, key by key, and not over the members'", () => {
    const { ci, git, live } = team({
      defaults: { limits: { web: { memory: 512 } }, php: { timezone: "Europe/Berlin" }, cache: "redis" },
      git: { deletion: true },
      ci: { timeout: 60, limits: { memory: 2048 }, environment: { A: "1" } },
      live: { limits: { db: { memory: 1024 } }, php: { uploadLimit: 8 } },
    });
    expect(git).toEqual({ forcePush: false, deletion: true });
    expect(ci).toEqual({
      deployBranch: "main",
      workers: 1,
      timeout: 60,
      steps: [],
      environment: { A: "1" },
      dist: "dist",
      workflows: "run",
      unrunnable: "warn",
      newRepositories: "test",
      anonymous: true,
      limits: { memory: 2048, cpus: 1 },
    });
    expect([live.limits.web, live.limits.db, live.cache]).toEqual([
      { memory: 384, cpus: 1 },
      { memory: 1024, cpus: 1 },
      "none",
    ]);
    expect(live.php).toEqual({
      memoryLimit: 128,
      uploadLimit: 8,
      maxExecutionTime: 30,
      displayErrors: false,
      timezone: "UTC",
    });
  });

  test("PHP takes no more memory by default than its web server has", () => {
    const [small, large] = team({
      members: [
        { id: "alice", limits: { web: { memory: 96 } } },
        { id: "bob", limits: { web: { memory: 512 } } },
      ],
    }).members;
    expect([small?.php.memoryLimit, large?.php.memoryLimit]).toEqual([96, 128]);
  });

  test("the live site shows PHP's errors only where the team says so", () => {
    expect(team({ defaults: { php: { displayErrors: true } } }).live.php.displayErrors).toBe(false);
    expect(team({ live: { php: { displayErrors: true } } }).live.php.displayErrors).toBe(true);
  });

  test.each([
    ["localhost", "127.0.0.1"],
    ["team.localhost", "127.0.0.1"],
    ["notlocalhost", "0.0.0.0"],
    ["dev.example.org", "0.0.0.0"],
  ])("below %s the port is published on %s", (domain, listen) => {
    expect(team({ domain }).listen).toBe(listen);
  });

  test.each([
    ["a one-letter id", { members: [{ id: "a" }] }],
    ["an id of 20 characters", { members: [{ id: "abcdefghijklmnopqrst" }] }],
    ["digits and hyphens in an id", { members: [{ id: "r2-d2" }, { id: "a-b-c" }] }],
    [
      "ids that begin like reserved ones",
      { members: [{ id: "live2" }, { id: "coder" }, { id: "dba" }, { id: "cia" }] },
    ],
    ["names that JavaScript knows", { members: [{ id: "constructor" }, { id: "prototype" }] }],
    ["1000 members", { members: manyMembers(1000) }],
    ["the first port", { members: roster, port: 1 }],
    ["the last port", { members: roster, port: 65535 }],
    ["the smallest limits", alice({ limits: { web: { memory: 96, cpus: 0.1 }, cache: { memory: 32 } } })],
    ["the largest limits", alice({ limits: { web: { memory: 1_048_576, cpus: 256 } } })],
    ["a name of any script", alice({ name: "Renée O’Brien 김 🦄 $(x) \"y\" 'z' \\" })],
    ["an extension with a version", alice({ extensions: ["xdebug.php-debug", "a-b.c_d@1.2.3"] })],
    ["a long domain", { members: roster, domain: `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(62)}` }],
    ["a domain that begins with a digit", { members: roster, domain: "1.example.org" }],
    ["the widest pool", { members: roster, docker: { subnets: "10.0.0.0/8" } }],
    ["the narrowest pool", { members: roster, docker: { subnets: "192.168.240.0/20" } }],
    ["50 repositories", { members: roster, repositories: repositories(50) }],
    ["short and long names of repositories", { members: roster, repositories: ["a", "0", "a-b", "a".repeat(40)] }],
    ["a branch in folders", ci({ deployBranch: "release/2.x_final-1" })],
    ["a branch of 100 characters", ci({ deployBranch: "a".repeat(100) })],
    ["the fewest workers and seconds", ci({ workers: 1, timeout: 10, limits: { memory: 256, cpus: 0.1 } })],
    ["the most workers and seconds", ci({ workers: 16, timeout: 7200, limits: { memory: 1_048_576, cpus: 256 } })],
    ["20 steps", ci({ steps: steps(20) })],
    ["a step with every kind of sign", ci({ steps: [{ name: "x".repeat(50), command: "a \"b\" 'c' $D\nexit 0" }] })],
    ["variables of every kind", ci({ environment: { _: "", a1: "1", NODE_ENV: "a b=c" } })],
    ["a folder in a folder", ci({ dist: "web/build-1.x" })],
    ["a registry with port and path", { members: roster, registry: { push: "127.0.0.1:5000/a/b" } }],
  ])("%s", (_, raw) => {
    expect(problems(raw)).toEqual([]);
  });
});

test("Pulumi.yaml declares the schema's own defaults and descriptions", () => {
  const declared = parse(readFileSync(join(__dirname, "../../../Pulumi.yaml"), "utf8")).config;
  const { team, target, domain, port } = parseTeamConfig({ members: roster });
  expect(
    Object.fromEntries(Object.entries(declared).map(([key, value]) => [key, (value as { default: unknown }).default])),
  ).toEqual({
    "muster:team": team,
    "muster:target": target,
    "muster:domain": domain,
    "muster:port": port,
    "muster:members": [],
  });
});

test("the sample roster is accepted", () => {
  const config: Record<string, unknown> = parse(
    readFileSync(join(__dirname, "../../../Pulumi.dev.yaml"), "utf8"),
  ).config;
  const raw = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(/^muster:/, ""), value]));
  expect(resolveTeam(parseTeamConfig(raw)).members.map(({ id }) => id)).toEqual(["alice", "bob"]);
});

describe("any input", () => {
  const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

  const anything = fc.anything({ maxDepth: 2, maxKeys: 3 });

  /** Mostly well-formed entries with one thing or another wrong, which plain random values would never reach. */
  const idLike = fc.oneof(
    fc.stringMatching(/^[a-z0-9-]{0,22}$/),
    fc.constantFrom("alice", "bob", "live", "code-bob", "db-x", "Bob!", "xn--a", "constructor", "__proto__"),
    fc.string(),
    anything,
  );
  const memberLike = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record(
        {
          id: idLike,
          name: fc.oneof(fc.string(), anything),
          email: fc.oneof(fc.emailAddress(), anything),
          limits: fc.oneof(fc.record({ web: fc.record({ memory: fc.oneof(fc.integer(), fc.double()) }) }), anything),
          cache: fc.oneof(fc.constantFrom("none", "redis"), anything),
          extensions: fc.oneof(fc.array(fc.string()), anything),
        },
        { requiredKeys: ["id"] },
      ),
    },
    { weight: 1, arbitrary: anything },
  );
  const configLike = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record(
        {
          members: fc.oneof(fc.array(memberLike), anything),
          team: fc.oneof(fc.stringMatching(/^[a-z0-9]{1,22}$/), anything),
          domain: fc.oneof(fc.domain(), anything),
          port: fc.oneof(fc.integer({ min: -1, max: 70_000 }), anything),
          defaults: fc.oneof(memberLike, anything),
          docker: anything,
          repositories: fc.oneof(fc.array(fc.oneof(idLike, fc.constantFrom("app", "blog"))), anything),
          git: anything,
          ci: fc.oneof(
            fc.record(
              {
                deployBranch: fc.oneof(fc.string(), anything),
                workers: fc.oneof(fc.integer({ min: -1, max: 18 }), anything),
                steps: fc.oneof(fc.array(fc.record({ name: fc.string(), command: fc.string() })), anything),
                environment: fc.oneof(fc.dictionary(fc.string(), fc.oneof(fc.string(), anything)), anything),
                limits: anything,
              },
              { requiredKeys: [] },
            ),
            anything,
          ),
          live: fc.oneof(memberLike, anything),
        },
        { requiredKeys: ["members"] },
      ),
    },
    { weight: 1, arbitrary: anything },
  );

  test("ends in a team or in problems that name their place", () => {
    fc.assert(
      fc.property(configLike, (raw) => {
        for (const problem of problems(raw)) {
          if (!/^config[/:]/.test(problem) || /[\r\n]|undefined|\[object/.test(problem)) throw new Error(problem);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("every accepted roster gives each service a host name of its own", () => {
    const ids = fc.uniqueArray(
      fc.oneof(
        fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/),
        // Ids that could only be told from each other's services by the reserved prefixes.
        fc.constantFrom("a", "code-a", "db-a", "code-code-a", "b", "code-b", "www"),
      ),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(ids, (candidates) => {
        const members = candidates
          .map((id) => ({ id }))
          .filter((member) => problems({ members: [member] }).length === 0);
        fc.pre(members.length > 0);
        const team = resolveTeam(parseTeamConfig({ members }));
        const own = [teamUrl(team, "git"), teamUrl(team, "ci"), teamUrl(team, "live")];
        const urls = team.members.flatMap(({ id }) => Object.values(memberUrls(team, id)));
        const hosts = [...own, ...urls].map((url) => new URL(url).hostname);
        expect(new Set(hosts).size).toBe(3 + 3 * members.length);
        for (const host of hosts) expect(host.split(".")[0]).toMatch(DNS_LABEL);
      }),
      { numRuns: 200 },
    );
  });
});
