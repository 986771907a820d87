import { afterAll, beforeAll, describe, test } from "@jest/globals";
import type { EngineCase } from "../support/engines";
import type { TestEnvironment } from "../support/environment";
import { LIVE_SITES_ROSTER, liveSitesSuite } from "./live-sites";
import { pushesSuite } from "./pushes";
import { sitesSuite } from "./sites";

/**
 * Suites that each make repositories of their own and leave everything else as it is: they share an environment. What
 * images do with a repository is shown through the export alone; what the roster asks for, through both engines.
 */
export function repositoriesSuite({ engine, unavailable, create }: EngineCase): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }

  let muster: TestEnvironment;

  beforeAll(async () => {
    muster = await create("sites");
    muster.configure(LIVE_SITES_ROSTER);
    await muster.succeed("up");
  });
  afterAll(() => muster?.dispose());

  describe("live sites", () => liveSitesSuite(() => muster, engine));
  if (engine === "pulumi") return;
  describe("sites", () => sitesSuite(() => muster));
  describe("pushes", () => pushesSuite(() => muster));
}
