import { DEVELOPMENT_PORTS, INSIDE_PORT, WORKLOADS } from "../../config/catalogue";
import type { DockerEnvironment } from "./docker-environment";
import { placeOf, type TestEnvironment } from "./environment";
import type { KubernetesEnvironment } from "./kubernetes-environment";
import { eventually } from "./poll";

/** From a container to a port of a workload: `alice-web → alice-db:3306`. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  /** Under which name or at which address `to` is reached, where that is not its own name. */
  readonly host?: string;
}

export const title = ({ from, to, port }: Flow): string => `${from} → ${to}:${port}`;

/** Every container to every port that a Service of another workload of the team offers. */
export async function everyFlow(muster: KubernetesEnvironment): Promise<Flow[]> {
  const containers = Object.keys(await muster.containers());
  const namespaces = await muster.namespaces();
  const services = (await Promise.all(namespaces.map((name) => muster.list("services", "--namespace", name)))).flat();
  const targets = services.flatMap(({ metadata: { name, namespace, labels = {} }, spec }) =>
    (spec.ports as { port: number }[]).map(({ port }) => ({
      to: [labels["muster.member"], labels["muster.component"]].filter(Boolean).join("-"),
      port,
      // With a dot at its end a name is asked for as it is, and not below the pod's own domains first.
      host: `${name}.${namespace}.svc.cluster.local.`,
    })),
  );
  return containers.flatMap((from) => targets.filter(({ to }) => to !== from).map((target) => ({ from, ...target })));
}

/** Of a line of /proc/net/tcp: local address, port. Of loopback addresses the first begins with 7F or ends so. */
const LISTENING = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A/gm;
const LOOPBACK = /^[0-9A-F]{6}7F$|^0{24}01000000$/;

/** 0A000102 of /proc/net/tcp, which the kernel writes in the machine's order of bytes. */
const dotted = (address: string) =>
  (address.match(/../g) ?? [])
    .map((byte) => Number.parseInt(byte, 16))
    .reverse()
    .join(".");

/** Every container on a network to every port that another one of the team listens on, at other addresses than its own. */
export async function everyFlowOnDocker(muster: DockerEnvironment): Promise<Flow[]> {
  const inspected = await Promise.all(
    Object.keys(await muster.containers()).map(async (name) => ({ name, ...(await muster.inspect(name)) })),
  );
  const containers = inspected.filter(({ HostConfig }) => HostConfig.NetworkMode !== "none").map(({ name }) => name);
  const targets = await Promise.all(
    containers.map(async (to) => {
      const { output } = await muster.shell(to, "cat /proc/net/tcp /proc/net/tcp6 2> /dev/null");
      const found = [...output.matchAll(LISTENING)].filter(([, address = ""]) => !LOOPBACK.test(address));
      // By port: what listens at one address only is tried there.
      const hosts = new Map(found.map(([, address = "", port = ""]) => [Number.parseInt(port, 16), address]));
      return [...hosts].map(([port, address]) => ({
        to,
        port,
        ...(/^0+$/.test(address) || address.length > 8 ? {} : { host: dotted(address) }),
      }));
    }),
  );
  return containers.flatMap((from) =>
    targets
      .flat()
      .filter(({ to }) => to !== from)
      .map((target) => ({ from, ...target })),
  );
}

/** How many containers try their flows at the same time. */
const AT_ONCE = 4;

/** Tries to connect to each of its arguments, all at once, for five seconds. Every image has Debian's perl. */
const PROBE = `for my $index (0 .. $#ARGV) {
  my $child = fork;
  if ($child) { $of{$child} = $index; next }
  alarm 5;
  exit(IO::Socket::INET->new(PeerAddr => $ARGV[$index]) ? 0 : 1);
}
while ((my $child = wait) > 0) { print "$of{$child} ", $? ? "closed" : "open", "\\n" }`;

/** Titles of the flows that connect. A container tries all its flows at once. */
export async function openFlows(muster: TestEnvironment, flows: readonly Flow[]): Promise<string[]> {
  const queue = [...new Set(flows.map(({ from }) => from))];
  const found: string[] = [];
  const work = async () => {
    for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
      found.push(...(await openFrom(muster, source, flows)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found.sort();
}

async function openFrom(muster: TestEnvironment, source: string, flows: readonly Flow[]): Promise<string[]> {
  const own = flows.filter(({ from }) => from === source);
  const targets = own.map(({ to, host, port }) => {
    const { member, component } = placeOf(to);
    return `${host ?? muster.host(member, component)}:${port}`;
  });
  // A deployer ends whatever else runs in its container when a release is over: it is asked again.
  const answers = await eventually(`${source} trying ${own.length} flows`, async () => {
    const { output } = await muster.shell(source, `perl -MIO::Socket::INET -e '${PROBE}' ${targets.join(" ")}`);
    const told = [...output.matchAll(/^(\d+) (open|closed)$/gm)];
    const found = new Map(told.map(([, index, answer]) => [Number(index), answer]));
    if (found.size !== own.length) throw new Error(`it tried ${found.size} of ${own.length}:\n${output}`);
    return found;
  });
  return own.filter((_, index) => answers.get(index) === "open").map(title);
}

/** The needed ones among `flows` whose titles are not in `open`. */
export const lacking = (flows: readonly Flow[], open: readonly string[]): Flow[] =>
  flows.filter((flow) => isNeeded(flow) && !open.includes(title(flow)));

/** Titles of exactly the flows that the environment needs. */
export const expectedFlows = (flows: readonly Flow[]): string[] => flows.filter(isNeeded).map(title).sort();

const ANSWERERS = ["db", "cache"];
/** Ports of what the gateway routes to, and the portal probes. */
const SERVED: Readonly<Record<string, number>> = { web: WORKLOADS.web.port, code: WORKLOADS.code.port };
/** What reaches public addresses from inside. */
const INSIDERS = /^(?:web|code|deployer|release-worker|worker-\d+)$/;
const TEAM_SERVED: Readonly<Record<string, number>> = { portal: 8080, git: 8080, ci: 8080, mail: 8080 };
const SMTP = 1025;

function isNeeded({ from, to, port }: Flow): boolean {
  const source = placeOf(from);
  const target = placeOf(to);
  // Published workloads accept everybody; those that only answer may not connect to anything.
  if (to === "gateway") {
    return port === INSIDE_PORT ? INSIDERS.test(source.component) : !ANSWERERS.includes(source.component);
  }
  if (from === "gateway" && target.component === DEVELOPMENT_PORTS.component && port === DEVELOPMENT_PORTS.port) {
    return true;
  }
  if (source.member === undefined) {
    // The gateway routes to what people look at; the portal probes the same.
    if (["gateway", "portal"].includes(source.component)) {
      return port === (target.member === undefined ? TEAM_SERVED : SERVED)[target.component];
    }
    switch (source.component) {
      case "git": // tells of pushes
        return to === "ci" && port === 8080;
      case "ci": // reads accounts and repositories
        return to === "git";
      case "mail": // only answers
        return false;
      default: // workers ask for work, clone, and send the tests' mail
        return to === "git" || (to === "ci" && port === 9989) || (to === "mail" && port === SMTP);
    }
  }
  if (source.component === "deployer" && to === "ci") return port === 9989;
  if (to === "mail") return port === SMTP && !ANSWERERS.includes(source.component);
  // Members' terminals and sites, and releases with their migrations, on their own data.
  const own = source.member === target.member;
  switch (source.component) {
    case "web":
      return own && ANSWERERS.includes(target.component);
    case "code":
      return to === "git" || (own && ANSWERERS.includes(target.component));
    case "deployer":
      return to === "git" || (own && (target.component === "db" || target.component === "web"));
    default:
      return false;
  }
}
