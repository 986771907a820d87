import { beforeAll, expect, test } from "@jest/globals";

const load = () =>
  Promise.all([
    import("../../../images/portal/reports.mjs"),
    import("../../../images/portal/reports-page.mjs"),
    import("../../../images/portal/texts.mjs"),
  ] as const);
type Modules = Awaited<ReturnType<typeof load>>;
let reports: Modules[0];
let page: Modules[1];
let english: ReturnType<Modules[2]["speak"]>;
beforeAll(async () => {
  const [found, shown, { speak }] = await load();
  [reports, page, english] = [found, shown, speak("en")];
});

const GB = 1e9;
const FIGURES = { used: 5, size: 100, free: 50 };
const config = {
  team: "muster",
  domain: "localhost",
  url: "http://localhost",
  members: [
    {
      id: "alice",
      name: "Alice <b>",
      services: [
        { kind: "site", name: "Site", url: "http://alice.localhost", probe: "http://t-alice-web:8080/-/status" },
        { kind: "editor", name: "Editor", url: "http://code-alice.localhost", probe: "http://t-alice-code/healthz" },
      ],
    },
  ],
  services: [
    { kind: "git", name: "Git", url: "http://git.localhost", probe: "http://t-git:8080/-/health" },
    { kind: "mail", name: "Mail", url: "http://mail.localhost", probe: "http://t-mail:8080/api/healthz" },
  ],
};

test("every workload that has volumes is asked, and one that does not answer keeps its figures", async () => {
  const asked: string[] = [];
  let status = 200;
  let now = 0;
  const ask = async (url: string) => {
    asked.push(url);
    const body = JSON.stringify({ disk: { home: { used: 5, size: 100, free: 10 } }, extensions: ["a.b"] });
    return { status: url.includes("alice") ? status : 0, body, whole: true, gone: false };
  };
  const found = reports.createReports(config, { ask, now: () => now, freshFor: 10 });
  await found.refresh(1000);
  expect(asked.sort()).toEqual(["http://t-alice-web:8080/-/report", "http://t-git:8080/-/report"]);
  const volumes = [{ purpose: "home", used: 5, size: 100, free: 10 }];
  const alice = { owner: "alice", name: "Alice <b>", volumes, extensions: ["a.b"] };
  expect(found.state()).toEqual([alice]);
  status = 0;
  now = 1000;
  await found.refresh(1000);
  expect(asked).toHaveLength(4);
  expect(found.state()).toEqual([alice]);
});

test.each([
  ["nothing", "x"],
  ["null", "null"],
  ["a list", '{"disk":[1],"extensions":{}}'],
  ["wrong figures", '{"disk":{"home":{"used":1,"size":"9","free":1},"<b>":{"used":1,"size":1,"free":1}}}'],
  ["names that are none", '{"extensions":["<b>", 7, null]}'],
])("a report of %s says nothing", (_, body) => {
  expect(reports.readReport(body)).toEqual({ volumes: [], extensions: [] });
});

test("from 85 per cent on there is a warning, from 95 on an urgent one; a disk is told of once", () => {
  const volume = (purpose: string, percent: number, size = 100 * GB) => ({
    ...{ purpose, used: null, size },
    free: size * (1 - percent / 100),
  });
  const report = (owner: string, name: string, ...volumes: ReturnType<typeof volume>[]) => ({
    ...{ owner, name, volumes },
    extensions: [] as string[],
  });
  const calm = page.renderVolumes([report("alice", "Alice", volume("home", 84))], english);
  expect(calm).not.toContain('class="alerts"');
  expect(calm).toContain("84 % of 100.0 GB");
  const text = page.renderVolumes(
    [
      report("team", "git", volume("repositories", 85)),
      report("alice", "<i>", volume("home", 85), volume("database", 96, GB)),
    ],
    english,
  );
  const alerts = [...text.matchAll(/<li class="(\w+)"><b>(.*?)<\/b>(.*?)<\/li>/g)].map(([, ...parts]) =>
    parts.join("|"),
  );
  expect(alerts).toEqual([
    "high||The disk of the team&#39;s repositories, &#60;i&#62;&#39;s home is 85 % full: 15.0 GB are free.",
    "critical|Now: |The disk of &#60;i&#62;&#39;s database is 96 % full: 40 MB are free.",
  ]);
});

test("workers' volumes are named by their worker", () => {
  const body = JSON.stringify({ disk: { ci: FIGURES, "worker-2": FIGURES, "release-worker": FIGURES } });
  const { volumes } = reports.readReport(body);
  const text = page.renderVolumes([{ owner: "team", name: "ci", volumes, extensions: [] }], english);
  expect([...text.matchAll(/<\/th><td>([^<]*)</g)].map(([, name]) => name)).toEqual([
    "ci",
    "worker-2",
    "release-worker",
  ]);
});

test("extensions that could not be installed are named", () => {
  const text = page.renderVolumes(
    [{ owner: "alice", name: "Alice", volumes: [], extensions: ["a.b", "c.d"] }],
    english,
  );
  expect(text).toContain("Alice&#39;s editor could not install a.b, c.d: see its log.");
});
