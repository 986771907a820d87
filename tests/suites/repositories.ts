import { afterAll, beforeAll, describe, test } from "@jest/globals";
import type { EngineCase } from "../support/engines";
import type { TestEnvironment } from "../support/environment";
import { LIVE_SITES_ROSTER, liveSitesSuite } from "./live-sites";
import { pushesSuite } from "./pushes";
import { sitesSuite } from "./sites";

/** Suites that each make repositories of their own and leave everything else as it is: they share an environment. */
export function repositoriesSuite({ unavailable, create }: EngineCase): void {
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

  describe("sites", () => sitesSuite(() => muster));
  describe("live sites", () => liveSitesSuite(() => muster));
  describe("pushes", () => pushesSuite(() => muster));
}
