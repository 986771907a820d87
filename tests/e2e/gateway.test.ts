import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { DOMAIN, LoneGateway } from "../support/gateway";
import { eventually } from "../support/poll";

jest.setTimeout(90_000);

const SECRET = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";

describe("without TLS", () => {
  let gateway: LoneGateway;
  beforeAll(async () => {
    gateway = await LoneGateway.start("gateway-plain", {});
  });
  const sockets: Socket[] = [];
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await gateway?.remove();
  });

  const open = (text: string): Socket => {
    const socket = connect(gateway.port, "127.0.0.1");
    socket.on("error", () => undefined).write(text.replaceAll("\n", "\r\n"));
    sockets.push(socket);
    return socket;
  };
  const held = async () => Number((await gateway.ask(`http://alice.${DOMAIN}/open`)).body);

  test.each(["attacker.example", "127.0.0.1", `x.alice.${DOMAIN}`, `db-live.${DOMAIN}`, `code-live.${DOMAIN}`])(
    "%s is nobody: 421 and nothing else",
    async (host) => {
      const { status, body } = await gateway.ask(`http://${host}/`);
      expect([status, body]).toEqual([421, "This is no name of this team.\n"]);
      const korean = await gateway.ask(`http://${host}/`, { headers: { "accept-language": "ko" } });
      expect(korean.body).toBe("이 팀의 주소가 아닙니다.\n");
      expect(korean.headers["content-type"]).toBe("text/plain; charset=utf-8");
      expect((await gateway.ask(`http://${host}/-/health`)).status).toBe(200);
    },
  );

  test.each([DOMAIN, `www.${DOMAIN}`, `portal.${DOMAIN}`, `shop--alice.${DOMAIN}`, `shop--live.${DOMAIN}`])(
    "%s is one of the team's",
    async (host) => expect((await gateway.ask(`http://${host}/`)).status).toBe(200),
  );

  test("what containers ask each other is nobody else's, however it is written", async () => {
    for (const path of ["/-/live/app/releases", "/-/branches", "//-/members", "/%2d/account", "/./-/busy"]) {
      for (const host of ["alice", "live", "git", "ci", "code-alice"]) {
        expect([host, path, (await gateway.ask(`http://${host}.${DOMAIN}${path}`)).status]).toEqual([host, path, 404]);
      }
    }
    expect((await gateway.ask(`http://live.${DOMAIN}/-/status`)).status).toBe(200);
    expect((await gateway.ask(`http://git.${DOMAIN}/-/cgit.css`)).status).toBe(200);
  });

  test("X-Accel-Redirect of a site is not obeyed, and not handed on", async () => {
    const { body, headers } = await gateway.ask(`http://alice.${DOMAIN}/accel`);
    expect([body, headers["x-accel-redirect"]]).toEqual(["own", undefined]);
  });

  test("claims of a client about itself do not reach a service", async () => {
    const { headers } = await gateway.reached(`http://alice.${DOMAIN}/`, {
      headers: { "x-forwarded-for": "9.9.9.9", "x-forwarded-proto": "https", forwarded: "for=9.9.9.9" },
    });
    expect(headers).toMatchObject({ "x-forwarded-proto": "http", "x-forwarded-port": String(gateway.port) });
    expect(JSON.stringify(headers)).not.toContain("9.9.9.9");
  });

  test("another page can neither frame the team's own services nor connect to them", async () => {
    const upgrade = { connection: "Upgrade", upgrade: "websocket" };
    const foreign = { ...upgrade, origin: `http://alice.${DOMAIN}:${gateway.port}` };
    for (const host of ["ci", "code-alice", "db-alice", "git"]) {
      const { headers } = await gateway.ask(`http://${host}.${DOMAIN}/`);
      expect(headers).toMatchObject({
        "x-frame-options": "SAMEORIGIN",
        "content-security-policy": "frame-ancestors 'self'",
      });
      const { status, body } = await gateway.ask(`http://${host}.${DOMAIN}/ws`, { headers: foreign });
      expect([status, body]).toEqual([403, "A page of another site asked for this.\n"]);
    }
    expect((await gateway.ask(`http://alice.${DOMAIN}/`)).headers["x-frame-options"]).toBeUndefined();
    const echoed = async (host: string, origin: string) => {
      const socket = open(
        `GET /ws HTTP/1.1\nHost: ${host}\nConnection: Upgrade\nUpgrade: websocket\nOrigin: http://${origin}\n\n`,
      );
      const [answer] = await once(socket, "data");
      socket.write("ping");
      const [echo] = await once(socket, "data");
      return `${String(answer).split("\r\n")[0]} ${echo}`;
    };
    const own = `ci.${DOMAIN}:${gateway.port}`;
    expect(await echoed(own, own)).toBe("HTTP/1.1 101 Switching Protocols ping");
    expect(await echoed(`alice.${DOMAIN}`, "elsewhere.example")).toBe("HTTP/1.1 101 Switching Protocols ping");
  });

  test("sessions of the team's services are not for scripts; a site's cookies are its own", async () => {
    const { headers } = await gateway.ask(`http://ci.${DOMAIN}/cookies`);
    expect(headers["set-cookie"]).toEqual([
      "code-server-session=1; Path=/; HttpOnly; SameSite=Lax",
      "TWISTED_SESSION=2; Path=/; HttpOnly; SameSite=Lax",
      "theirs=3",
    ]);
  });

  test.each([
    ["a hook without an account", "ci", "/change_hook/base", 1_000, 401],
    ["a hook", "ci", "/change_hook/github", 27_000_000, 413],
    ["a form of the CI", "ci", "/api/v2/forceschedulers/force", 2_000_000, 413],
    ["what asks for a fetch", "git", "/app.git/git-upload-pack", 17_000_000, 413],
    ["a push without an account", "git", "/app.git/git-receive-pack", 1_000, 401],
    ["an upload to a site", "alice", "/", 80_000_000, 413],
    ["an upload to the live site", "live", "/", 80_000_000, 413],
    ["anything to the portal", "", "/", 100_000, 413],
  ])("%s is refused before its body is there", async (_, host, path, length, status) => {
    const socket = open(`POST ${path} HTTP/1.1\nHost: ${host}${host && "."}${DOMAIN}\nContent-Length: ${length}\n\nx`);
    const [answer] = await once(socket, "data");
    expect(Number(String(answer).split(" ")[1])).toBe(status);
  });

  test("a push is asked for its account as git wants it, and may be large", async () => {
    const url = `http://git.${DOMAIN}/app.git/git-receive-pack`;
    const { headers } = await gateway.ask(url, { method: "POST" });
    expect(headers["www-authenticate"]).toBe('Basic realm="git"');
    const body = Buffer.alloc(20_000_000);
    const { length } = await gateway.reached(url, { method: "POST", headers: { authorization: "Basic x" }, body });
    expect(length).toBe(body.length);
  });

  test("slow senders and slow readers hold nothing behind the gateway", async () => {
    for (let index = 0; index < 100; index++) {
      open(`POST / HTTP/1.1\nHost: alice.${DOMAIN}\nContent-Length: 1000\n\nx`);
      open(`POST /app.git/git-upload-pack HTTP/1.1\nHost: git.${DOMAIN}\nContent-Length: 1000\n\nx`);
    }
    for (let index = 0; index < 5; index++) open(`GET /big HTTP/1.1\nHost: alice.${DOMAIN}\n\n`).pause();
    await eventually("the upstream being free", async () => (await held()) === 0, 30);
    expect((await gateway.ask(`http://alice.${DOMAIN}/`)).status).toBe(200);
  });

  test("a stream of events goes on while it lasts, at once", async () => {
    const socket = open(`GET /events HTTP/1.1\nHost: alice.${DOMAIN}\nAccept: text/event-stream\n\n`);
    let text = "";
    socket.on("data", (data) => (text += data));
    await eventually("three events", async () => text.split("data: now").length > 3, 10);
    expect(await held()).toBe(1);
    socket.destroy();
    await eventually("its end", async () => (await held()) === 0, 10);
  });

  test("what hangs is said to after some seconds, in the visitor's language; streams and debuggers go on", async () => {
    const stream = open(`GET /events HTTP/1.1\nHost: code-alice.${DOMAIN}\nAccept: text/event-stream\n\n`);
    const debugged = open(`GET /hang HTTP/1.1\nHost: alice.${DOMAIN}\nAccept: text/html\nCookie: XDEBUG_SESSION=1\n\n`);
    let events = 0;
    stream.on("data", () => events++);
    const headers = { accept: "text/html", "accept-language": "ko" };
    const pages = await Promise.all(
      ["alice", "live", "code-alice", "git", "ci"].map((host) =>
        // The page of the portal, which tells here what it was asked.
        gateway.reached(`http://${host}.${DOMAIN}/hang`, { headers }),
      ),
    );
    expect(pages.map(({ headers }) => [headers["x-muster-service"], headers["x-muster-broken"]])).toEqual([
      ["site", "504"],
      ["live", "504"],
      ["editor", "504"],
      ["git", "504"],
      ["ci", "504"],
    ]);
    expect(pages.every(({ headers }) => headers["accept-language"] === "ko")).toBe(true);
    const before = events;
    await eventually("more events", async () => events > before, 10);
    expect(debugged.bytesRead).toBe(0);
    expect(await held()).toBe(2);
    for (const socket of [stream, debugged]) socket.destroy();
  });

  test("the portal is told when the certificate ends, where there is one", async () => {
    const claim = { headers: { "x-muster-certificate": "1" } };
    const { headers } = await gateway.reached(`http://${DOMAIN}/`, claim);
    expect(headers["x-muster-certificate"]).toBeUndefined();
  });
});

describe("behind a proxy", () => {
  let gateway: LoneGateway;
  beforeAll(async () => {
    gateway = await LoneGateway.start("gateway-proxied", { GATEWAY_PROXIES: "0.0.0.0/0", GATEWAY_SCHEME: "https" });
  });
  afterAll(() => gateway?.remove());

  test("it is believed", async () => {
    const claims = { host: `alice.${DOMAIN}`, "x-forwarded-for": "9.9.9.9", "x-forwarded-proto": "https" };
    const { headers } = await gateway.reached(`http://alice.${DOMAIN}/`, { headers: claims });
    expect(headers).toMatchObject({ ...claims, "x-real-ip": "9.9.9.9", "x-forwarded-port": "443" });
    const http = await gateway.reached(`http://alice.${DOMAIN}/`, {
      headers: { ...claims, "x-forwarded-proto": "http" },
    });
    expect(http.headers["x-forwarded-proto"]).toBe("http");
  });
});

describe("with the team's own authority", () => {
  let gateway: LoneGateway;
  let ca: string;
  beforeAll(async () => {
    gateway = await LoneGateway.start("gateway-own", {
      GATEWAY_TLS: "own",
      GATEWAY_AUTHORITY: SECRET,
      GATEWAY_RENEWAL_INTERVAL: "1",
    });
    ca = (await gateway.ask(`http://${DOMAIN}/-/authority.crt`)).body;
  });
  afterAll(() => gateway?.remove());

  test("every name of the team is trusted, and no other", async () => {
    for (const host of [DOMAIN, `alice.${DOMAIN}`, `code-alice.${DOMAIN}`]) {
      expect((await gateway.ask(`https://${host}/`, { ca })).status).toBe(200);
    }
    await expect(gateway.ask("https://attacker.example/", { ca })).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  test("a certificate that the stolen key makes for another name is refused", async () => {
    await gateway.run(
      ...["sh", "-ec"],
      `cd /tmp && openssl req -new -x509 -subj /CN=x -CA nginx/public/-/authority.crt -CAkey nginx/tls/authority.key \
        -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout x.key -out x.crt -days 1 \
        -addext subjectAltName=DNS:bank.example 2>/dev/null`,
    );
    const verify = ["openssl", "verify", "-CAfile", "/tmp/nginx/public/-/authority.crt"];
    await expect(gateway.run(...verify, "/tmp/x.crt")).rejects.toThrow(/permitted subtree violation/);
    expect(await gateway.run(...verify, "/tmp/nginx/tls/leaf.crt")).toContain("OK");
  });

  test("the authority is the same after a start anew, its key another one for another secret", async () => {
    const made = new X509Certificate(ca);
    expect([made.ca, made.subject]).toEqual([true, `O=Muster\nCN=Muster gateways (${DOMAIN})`]);
    await gateway.restart();
    expect((await gateway.ask(`http://${DOMAIN}/-/authority.crt`)).body).toBe(ca);
  });

  test("plain HTTP leads to https, at the same port", async () => {
    const { status, headers } = await gateway.ask(`http://alice.${DOMAIN}/a?b=1`, { method: "POST" });
    expect([status, headers.location]).toEqual([307, `https://alice.${DOMAIN}:${gateway.port}/a?b=1`]);
    expect((await gateway.ask("http://attacker.example/")).status).toBe(421);
  });

  test("services are told https, and no browser is held to it", async () => {
    const url = `https://alice.${DOMAIN}/`;
    const { headers } = await gateway.reached(url, { ca });
    expect(headers).toMatchObject({ "x-forwarded-proto": "https", "x-forwarded-port": String(gateway.port) });
    expect((await gateway.ask(url)).headers["strict-transport-security"]).toBeUndefined();
    const cookies = (await gateway.ask(`https://ci.${DOMAIN}/cookies`)).headers["set-cookie"];
    expect(cookies?.[0]).toBe("code-server-session=1; Path=/; Secure; HttpOnly; SameSite=Lax");
  });

  test("how to trust the team is told without TLS too, in the visitor's language", async () => {
    for (const scheme of ["http", "https"]) {
      const page = (language: string) =>
        gateway.ask(`${scheme}://${DOMAIN}/trust`, { headers: { "accept-language": language } });
      expect((await page("ko-KR,ko;q=0.9,en;q=0.8")).body).toContain('<html lang="ko">');
      expect((await page("fr,en;q=0.8,ko;q=0.5")).body).toContain('<html lang="en">');
      const crt = await gateway.ask(`${scheme}://${DOMAIN}/trust/authority.crt`);
      expect([crt.body, crt.headers["content-type"]]).toEqual([ca, "application/x-x509-ca-cert"]);
      const profile = await gateway.ask(`${scheme}://${DOMAIN}/trust/authority.mobileconfig`);
      expect(profile.headers["content-type"]).toMatch(/^application\/x-apple-aspen-config/);
      const data = /<data>(.*)<\/data>/.exec(profile.body)?.[1] ?? "";
      expect(new X509Certificate(Buffer.from(data, "base64")).toString()).toBe(new X509Certificate(ca).toString());
      expect((await gateway.ask(`${scheme}://${DOMAIN}/trust/code.svg`)).body).toContain("<svg");
    }
  });

  test("a certificate that is about to end is renewed, and open connections go on", async () => {
    const served = () => gateway.run("openssl", "x509", "-in", "/tmp/nginx/tls/current.pem", "-noout", "-enddate");
    const stream = await gateway.socket(`https://alice.${DOMAIN}/`);
    stream.write(`GET /events HTTP/1.1\r\nHost: alice.${DOMAIN}\r\nAccept: text/event-stream\r\n\r\n`);
    let events = 0;
    stream.on("data", () => events++);
    // Made 80 days ago, for 90.
    const old = await gateway.run(
      ...["sh", "-ec"],
      `cd /tmp/nginx/tls && openssl req -new -x509 -subj /CN=old -CA ../public/-/authority.crt -CAkey authority.key \
        -key leaf.key -not_before "$(date -ud '-80 days' +%Y%m%d%H%M%SZ)" \
        -not_after "$(date -ud '+10 days' +%Y%m%d%H%M%SZ)" -addext subjectAltName=DNS:${DOMAIN} -out old.crt
      cat old.crt leaf.key >old.pem && mv old.pem current.pem && openssl x509 -in old.crt -noout -enddate`,
    );
    await eventually("the renewal", async () => (await served()) !== old, 20);
    const renewed = /notAfter=(.*)/.exec(await served())?.[1];
    await eventually("the new one being served", async () => (await gateway.certificate()).valid_to === renewed, 20);
    // For the portal's line about its end.
    const told = async () => (await gateway.reached(`https://${DOMAIN}/`)).headers["x-muster-certificate"];
    await eventually("the portal's line", async () => Number(await told()) === Date.parse(renewed ?? "") / 1000, 10);
    const before = events;
    await eventually("the stream going on", async () => events > before + 2, 10);
    stream.destroy();
  });
});
