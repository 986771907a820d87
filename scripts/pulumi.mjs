#!/usr/bin/env node
// What `npx pulumi` runs in this project (`bin` of package.json): the Pulumi CLI with the project's own backend and
// passphrase filled in where the user has not chosen others. See scripts/pulumi.ts.
process.argv.splice(2, 0, "pulumi");
await import("./run.mjs");
