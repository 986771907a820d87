import { describe, expect, test } from "@jest/globals";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";
import { problems } from "../../support/config";

const members = [{ id: "alice" }];
const relay = { relay: "smtp.example.org:587", from: "shop@example.org" };
const account = { user: "shop", password: "s3cret" };
const relayOf = (mail: object) => resolveTeam(parseTeamConfig({ members, live: { mail } })).relay;

describe("the live site's relay", () => {
  test("is encrypted unless the roster says otherwise", () => {
    const resolved = { host: "smtp.example.org", port: 587, from: "shop@example.org" };
    expect(relayOf(relay)).toEqual({ ...resolved, tls: true, account: undefined });
    expect(relayOf({ ...relay, tls: false })).toEqual({ ...resolved, tls: false, account: undefined });
    expect(relayOf({ ...relay, ...account })).toEqual({ ...resolved, tls: true, account });
  });

  test.each<[string, object, string[]]>([
    [
      "a host without a port",
      { ...relay, relay: "smtp.example.org" },
      [
        'config/live/mail/relay: "smtp.example.org" is not a valid address: use host:port, such as smtp.example.org:587',
      ],
    ],
    [
      "a port that does not exist",
      { ...relay, relay: "smtp.example.org:65536" },
      [
        'config/live/mail/relay: "smtp.example.org:65536" is not a valid address: use host:port, such as smtp.example.org:587',
      ],
    ],
    ["no sender", { relay: relay.relay }, ["config/live/mail/from: is missing: add it, for example shop@example.org"]],
    [
      "a user without a password",
      { ...relay, user: "shop" },
      ["config/live/mail/password: is missing: the user has one, or leave both out"],
    ],
    [
      "a password in the clear",
      { ...relay, ...account, tls: false },
      [
        "config/live/mail/tls: false would send the password in the clear: leave it out, or leave user and password out",
      ],
    ],
  ])("with %s is refused", (_, mail, expected) => {
    expect(problems({ members, live: { mail } })).toEqual(expected);
  });

  test("no member can be called mail", () => {
    expect(problems({ members: [{ id: "mail" }] })[0]).toMatch(/^config\/members\/0\/id: "mail" is reserved/);
  });
});

describe("packages", () => {
  test("are Debian's names, each once", () => {
    expect(problems({ members, packages: ["imagemagick", "php8.4-tidy", "g++"] })).toEqual([]);
    expect(problems({ members, packages: ["imagemagick; reboot", "jq", "jq"] })).toEqual([
      expect.stringMatching(
        /^config\/packages\/0: "imagemagick; reboot" is not a valid package: use its name in Debian/,
      ),
      'config/packages: ["imagemagick; reboot","jq","jq"] names a package twice: list each once',
    ]);
  });
});
