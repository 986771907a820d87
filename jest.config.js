// JavaScript, because Jest reads a TypeScript config on Node 20 with ts-node alone.
const shared = {
  testEnvironment: "node",
  // Pulumi keeps its runtime on the global object and looks at it once more at the end.
  testEnvironmentOptions: { globalsCleanup: "off" },
  transform: { "\\.(ts|js|mjs)$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  // Copies of the images' folders.
  modulePathIgnorePatterns: ["<rootDir>/.muster/"],
  moduleFileExtensions: ["ts", "js", "mjs", "json", "node"],
};

/**
 * Folders of `tests/` by tier, where not the one of its name.
 *
 * @type {Record<string, string[]>}
 */
const FOLDERS = { unit: ["unit", "images"] };

/** @type {import("jest").Config} */
module.exports = {
  // Images are built beside the first tiers.
  testTimeout: 30_000,
  projects: ["unit", "component", "e2e", "browser", "cluster"].map((displayName) => ({
    ...shared,
    displayName,
    testMatch: (FOLDERS[displayName] ?? [displayName]).map((folder) => `<rootDir>/tests/${folder}/**/*.test.ts`),
  })),
};
