import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../lib/project-root.ts";
import { runCommand } from "../lib/run-command.ts";

/** Writes a published JSON Schema of the app, laid out as all files are. */
export async function writeSchema(name: string, text: string): Promise<void> {
	const path = join(projectRoot, "apps", "compare", "schema", name);
	writeFileSync(path, text);
	const biome = join(projectRoot, "node_modules", ".bin", "biome");
	const { code, stderr } = await runCommand(biome, ["format", "--write", path]);
	if (code !== 0) throw new Error(stderr);
}
