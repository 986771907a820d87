import { expect, test } from "@jest/globals";
import { plainWarning } from "../../../cli/targets/preflight";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";

const warning = (config: object) =>
  plainWarning(resolveTeam(parseTeamConfig({ members: [{ id: "alice" }], ...config })));
const cluster = { target: "kubernetes", registry: { push: "registry.example.org/muster" } };

test.each([
  [{ tls: "off" }, "leave muster:tls out, or set muster:proxies"],
  [
    { ...cluster, kubernetes: { ingress: {} } },
    "or set kubernetes.ingress.tlsSecret or kubernetes.gatewayApi.tls where",
  ],
])("on a domain, passwords that cross the network in clear are warned of: %j", (config, text) => {
  expect(warning({ domain: "dev.example.org", ...config })).toContain(text);
});

test.each([
  { domain: "localhost" },
  { domain: "dev.example.org" },
  { domain: "dev.example.org", tls: "off", proxies: ["10.0.0.0/8"] },
  { ...cluster, domain: "dev.example.org", kubernetes: { ingress: { tlsSecret: "tls" } } },
])("nothing is said of %j", (config) => expect(warning(config)).toBeUndefined());
