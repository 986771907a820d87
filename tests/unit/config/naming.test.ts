import { describe, expect, test } from "@jest/globals";
import { liveUrl, memberUrl, publicUrl, repositoryLabel, reservedReason, teamUrl } from "../../../config/naming";
import { containerName, memberNetworkName, zoneNetworkName } from "../../../platform/docker/render";
import { namespaceName, serviceHost } from "../../../platform/kubernetes/terms";
import { labels } from "../../../platform/platform";

describe("URLs", () => {
  const address = { domain: "dev.example.org", port: 8080 };

  test.each([
    ["the portal", teamUrl(address, "portal"), "http://dev.example.org:8080"],
    ["a site", memberUrl(address, "site", "alice"), "http://alice.dev.example.org:8080"],
    ["an editor", memberUrl(address, "editor", "alice"), "http://code-alice.dev.example.org:8080"],
    ["a database", memberUrl(address, "database", "alice"), "http://db-alice.dev.example.org:8080"],
    ["the git server", teamUrl(address, "git"), "http://git.dev.example.org:8080"],
    ["the CI", teamUrl(address, "ci"), "http://ci.dev.example.org:8080"],
    ["the live site", teamUrl(address, "live"), "http://live.dev.example.org:8080"],
    ["another repository's live site", liveUrl(address, "blog"), "http://blog--live.dev.example.org:8080"],
    ["a host of the team", publicUrl(address, "git"), "http://git.dev.example.org:8080"],
    ["port 80 is not written", teamUrl({ domain: "localhost", port: 80 }, "portal"), "http://localhost"],
    ["every other port is", memberUrl({ domain: "localhost", port: 443 }, "site", "bob"), "http://bob.localhost:443"],
  ])("%s", (_, url, expected) => {
    expect(url).toBe(expected);
    expect(new URL(url ?? "").href).toBe(`${expected}/`);
  });
});

describe("a repository's part of host names", () => {
  test.each([
    ["app", "app"],
    ["my_shop.kr", "my-shop-kr"],
    ["my--shop", undefined],
    ["my-_shop", undefined],
    ["my_", undefined],
  ])("%s", (name, label) => {
    expect(repositoryLabel(name)).toBe(label);
    expect(liveUrl({ domain: "localhost", port: 80 }, name)).toBe(label && `http://${label}--live.localhost`);
  });

  test("is kept apart from a member's id", () => {
    expect(reservedReason("al-ice")).toBeUndefined();
    expect(reservedReason("al--ice")).toBe('contains "--", which separates the parts of an address');
  });
});

describe("names on the platforms", () => {
  const names = { team: "hackathon" };

  test.each([
    ["a member's container", containerName(names, "alice", "web"), "hackathon-alice-web"],
    ["a container of the team", containerName(names, undefined, "gateway"), "hackathon-gateway"],
    ["the sites' network", zoneNetworkName(names, "sites"), "hackathon"],
    ["the editors' network", zoneNetworkName(names, "editors"), "hackathon_editors"],
    ["a member's network", memberNetworkName(names, "r2-d2"), "hackathon-r2-d2"],
    ["a member's namespace", namespaceName(names, "alice"), "muster-hackathon-alice"],
    ["the team's namespace", namespaceName(names, undefined), "muster-hackathon"],
    ["a member's Service", serviceHost(names, "alice", "db"), "db.muster-hackathon-alice.svc.cluster.local"],
    ["a Service of the team", serviceHost(names, undefined, "portal"), "portal.muster-hackathon.svc.cluster.local"],
  ])("%s", (_, name, expected) => {
    expect(name).toBe(expected);
  });

  test("the longest ids fit into a DNS label", () => {
    const longest = "a".repeat(20);
    expect(namespaceName({ team: longest }, longest)).toHaveLength(48);
    expect(containerName({ team: longest }, longest, "gateway")).toHaveLength(49);
  });
});

test("labels name team, member and component", () => {
  expect(labels("hackathon", "alice", "web")).toEqual({
    "muster.team": "hackathon",
    "muster.member": "alice",
    "muster.component": "web",
  });
  expect(labels("hackathon", undefined, "gateway")).toEqual({
    "muster.team": "hackathon",
    "muster.component": "gateway",
  });
});
