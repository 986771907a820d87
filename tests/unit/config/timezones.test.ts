import { expect, test } from "@jest/globals";
import { TIMEZONES } from "../../../config/timezones";

test.each([
  "UTC",
  "Asia/Kolkata",
  "Asia/Calcutta",
  "Europe/Kyiv",
  "Europe/Kiev",
  "America/Buenos_Aires",
  "Asia/Seoul",
  "ROK",
])("%s, of today or of old, is a time zone", (zone) => {
  expect(TIMEZONES.has(zone)).toBe(true);
});

test("every zone that this machine knows is one", () => {
  expect(Intl.supportedValuesOf("timeZone").filter((zone) => !TIMEZONES.has(zone))).toEqual([]);
});
