import { describe, expect, test } from "@jest/globals";

/** All that is said on pages, by image. */
const catalogues = async () => ({
  portal: (await import("../../../images/portal/texts.mjs")).TEXTS,
  access: (await import("../../../images/access/texts.mjs")).TEXTS,
});
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
const tags = (text: string) => [...text.matchAll(/<\/?\w+/g)].map(([tag]) => tag).sort();

describe.each(["portal", "access"] as const)("what %s says", (image) => {
  test("is there in every language, with the same places to fill in and the same elements", async () => {
    const { LANGUAGES } = await import("../../../images/node/web/language.mjs");
    const texts: Record<string, Record<string, string>> = (await catalogues())[image];
    expect(Object.keys(texts).sort()).toEqual([...LANGUAGES].sort());
    const { en = {}, ...others } = texts;
    for (const [language, own] of Object.entries(others)) {
      expect([language, Object.keys(own).sort()]).toEqual([language, Object.keys(en).sort()]);
      for (const [key, text] of Object.entries(en)) {
        const translated = own[key] ?? "";
        expect([language, key, translated.trim() === ""]).toEqual([language, key, false]);
        // What English tells by a plural, others need not.
        expect([key, places(translated)]).toEqual([key, places(text)]);
        expect([key, tags(translated)]).toEqual([key, tags(text)]);
      }
    }
  });

  test("is Korean in Korean", async () => {
    const { ko } = (await catalogues())[image];
    // Of what is not filled in, some is only a name.
    const latin = Object.values(ko).filter(
      (text) => /[a-z]/i.test(text.replace(/\{\w+\}/g, "")) && !/[가-힣]/.test(text),
    );
    expect(latin.filter((text) => !["Git", "CI"].includes(text))).toEqual([]);
  });
});

test.each([
  [undefined, "en"],
  ["ko", "ko"],
  ["ko-KR,ko;q=0.9,en;q=0.8", "ko"],
  ["en,ko;q=0.9", "en"],
  ["en;q=0.5,ko;q=0.8", "ko"],
  ["de,fr;q=0.5", "en"],
  ["de,ko;q=0.1", "ko"],
  ["ko;q=0", "en"],
])("the language of %j is %s", async (accepted, expected) => {
  const { languageOf } = await import("../../../images/node/web/language.mjs");
  expect(languageOf(accepted)).toBe(expected);
});

test("volumes and services that have no word of their own keep their name", async () => {
  const { speak, serviceName, volumeName } = await import("../../../images/portal/texts.mjs");
  const t = speak("ko");
  expect(["home", "worker-3", "other"].map((purpose) => volumeName(t, purpose))).toEqual([
    "홈 폴더",
    "CI 작업기 3",
    "other",
  ]);
  const named = (kind: string, name: string) => serviceName(t, { kind, name });
  expect([named("site", "Site"), named("git", "Our code"), named("toString", "x")]).toEqual([
    "사이트",
    "Our code",
    "x",
  ]);
});
