import { runCommand } from "../cli/command";
import { writeSchema } from "../cli/commands/schema";

void runCommand({
  usage: "schema -- [--check]",
  help: `Writes roster.schema.json, docs/roster.md and the README's table of keys from the config's definitions, and
docs/components.md from the components' doc comments.

  --check  only say whether they are current`,
  options: { check: { type: "boolean" } },
  run: async ({ check }, _, project) => console.log(writeSchema(project.root, check ?? false)),
});
