// Writes the published JSON Schema anew from the zod schema: node --conditions=@pagelab/source <this file>
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { comparisonSchemaText } from "../../apps/compare/src/compare/comparison-schema.ts";
import { projectRoot } from "../lib/project-root.ts";
import { runCommand } from "../lib/run-command.ts";

const path = join(projectRoot, "apps", "compare", "schema", "pagelab-comparison-1.json");
writeFileSync(path, comparisonSchemaText());
const { code, stderr } = await runCommand(join(projectRoot, "node_modules", ".bin", "biome"), [
	"format",
	"--write",
	path,
]);
if (code !== 0) throw new Error(stderr);
