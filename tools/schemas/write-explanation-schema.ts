// Writes the published JSON Schema anew from the zod schema: node --conditions=@pagelab/source <this file>
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { explanationSchemaText } from "../../apps/compare/src/explain/explanation-schema.ts";
import { projectRoot } from "../lib/project-root.ts";
import { runCommand } from "../lib/run-command.ts";

const path = join(projectRoot, "apps", "compare", "schema", "explanation.schema.json");
writeFileSync(path, explanationSchemaText());
const { code, stderr } = await runCommand(join(projectRoot, "node_modules", ".bin", "biome"), [
	"format",
	"--write",
	path,
]);
if (code !== 0) throw new Error(stderr);
