import { expect, test } from "@jest/globals";
import { publishedAddresses } from "../../../platform/docker/addresses";

const address = (text: string, internal: boolean) => ({
  address: text,
  family: text.includes(":") ? ("IPv6" as const) : ("IPv4" as const),
  internal,
  netmask: "",
  mac: "",
  cidr: null,
  scopeid: 0,
});
const loopback = { lo: [address("127.0.0.1", true), address("::1", true)] };
const linkLocal = { ...loopback, eth0: [address("10.0.0.2", false), address("fe80::1", false)] };
const global = { ...linkLocal, eth1: [address("2001:db8::2", false)] };
const old = { lo: [address("127.0.0.1", true)] };

test.each([
  ["127.0.0.1", loopback, {}, ["127.0.0.1", "::1"]],
  ["127.0.0.1", old, {}, ["127.0.0.1"]],
  ["0.0.0.0", global, {}, ["0.0.0.0", "::"]],
  ["0.0.0.0", linkLocal, {}, ["0.0.0.0"]],
  ["10.0.0.2", global, {}, ["10.0.0.2"]],
  ["127.0.0.1", global, { DOCKER_HOST: "unix:///run/user/1000/docker.sock" }, ["127.0.0.1", "::1"]],
  ["0.0.0.0", global, { DOCKER_HOST: "ssh://server" }, ["0.0.0.0"]],
])("the port is published for %s (case %#)", (listen, interfaces, env, expected) => {
  expect(publishedAddresses(listen, { env, interfaces })).toEqual(expected);
});
