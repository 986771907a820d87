import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { DOMAIN, LoneGateway } from "../support/gateway";
import { type AcmeServer, acmeServer } from "../support/pebble";
import { eventually } from "../support/poll";

jest.setTimeout(5 * 60_000);

let server: AcmeServer;
beforeAll(async () => {
  server = await acmeServer();
});
afterAll(() => server?.remove());

const NAMES = ["alice", "git", "live"].map((host) => `${host}.${DOMAIN}`);
const aliases = [DOMAIN, ...NAMES].flatMap((name) => ["--network-alias", name]);

async function obtained(gateway: LoneGateway): Promise<X509Certificate> {
  const shown = await eventually(
    "the certificate",
    async () => {
      const { raw } = await gateway.certificate();
      const certificate = new X509Certificate(raw);
      return /Pebble/.test(certificate.issuer) && certificate;
    },
    60,
  ).catch(async (error) => {
    throw new Error(await gateway.logs(), { cause: error });
  });
  return shown;
}

test("each name is proved over HTTP; what is missing is renewed without a dropped connection", async () => {
  const name = "gateway-acme";
  const settings = {
    ...server.settings,
    GATEWAY_TLS: "acme",
    GATEWAY_NAMES: NAMES.join(" "),
    GATEWAY_RENEWAL_INTERVAL: "1",
  };
  const gateway = await LoneGateway.start(name, settings, [...server.options, ...aliases], (image) =>
    server.start(name, image, false),
  );
  try {
    const first = await obtained(gateway);
    expect(first.subjectAltName?.split(", ").sort()).toEqual([DOMAIN, ...NAMES].map((each) => `DNS:${each}`).sort());
    // Nobody outside knows Pebble.
    const { headers } = await gateway.ask(`https://alice.${DOMAIN}/`);
    expect(headers["strict-transport-security"]).toBeUndefined();

    const stream = await gateway.socket(`https://alice.${DOMAIN}/`);
    let events = 0;
    stream.on("data", () => events++);
    stream.write(`GET /events HTTP/1.1\r\nHost: alice.${DOMAIN}\r\nAccept: text/event-stream\r\n\r\n`);
    await gateway.run("rm", `/var/lib/acme/certificates/${DOMAIN}.pem`);
    const failures: unknown[] = [];
    await eventually("the renewal under load", async () => {
      const answers = await Promise.allSettled(
        Array.from({ length: 20 }, () => gateway.ask(`https://alice.${DOMAIN}/`)),
      );
      failures.push(...answers.filter((answer) => answer.status === "rejected" || answer.value.status !== 200));
      return (await obtained(gateway)).serialNumber !== first.serialNumber;
    });
    expect(failures).toEqual([]);
    const before = events;
    await eventually("the stream going on", async () => events > before + 2, 10);
    stream.destroy();
  } finally {
    await gateway.remove();
  }
});

test("one wildcard is proved by DNS, and kept over a new start", async () => {
  const name = "gateway-acme-dns";
  const settings = {
    ...server.settings,
    GATEWAY_TLS: "acme",
    GATEWAY_ACME_DNS: "exec",
    GATEWAY_ACME_PROPAGATION: "off",
    GATEWAY_ACME_RESOLVERS: "pebble:8053",
    GATEWAY_RENEWAL_INTERVAL: "1",
  };
  const gateway = await LoneGateway.start(name, settings, [...server.options, "--volume", "/var/lib/acme"], (image) =>
    server.start(name, image, true),
  );
  try {
    const first = await obtained(gateway);
    expect(first.subjectAltName?.split(", ").sort()).toEqual([`DNS:*.${DOMAIN}`, `DNS:${DOMAIN}`]);
    await gateway.restart();
    expect((await obtained(gateway)).serialNumber).toBe(first.serialNumber);
  } finally {
    await gateway.remove();
  }
});
