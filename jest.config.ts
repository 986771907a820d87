import type { Config } from "jest";

const shared = {
  testEnvironment: "node",
  transform: { "\\.(ts|js|mjs)$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  moduleFileExtensions: ["ts", "js", "mjs", "json", "node"],
} satisfies Config["projects"] extends (infer P)[] | undefined ? P : never;

const tier = (displayName: string) => ({
  ...shared,
  displayName,
  testMatch: [`<rootDir>/tests/${displayName}/**/*.test.ts`],
});

const config: Config = {
  projects: ["unit", "component", "e2e", "browser"].map(tier),
};

export default config;
