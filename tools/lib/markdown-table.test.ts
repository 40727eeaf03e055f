import { join } from "node:path";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { markdownTable } from "./markdown-table.ts";
import { plantTree } from "./planted-tree.ts";
import { projectRoot } from "./project-root.ts";
import { runCommand } from "./run-command.ts";

test("the formatter leaves a table as it is", async () => {
	const table = markdownTable(
		[{ head: "work" }, { head: "b", align: "right" }],
		[
			["[`long` cell](x)", "1"],
			["≤ 2.5× ok", "123456"],
		],
	);
	expect(table.split("\n")).toHaveLength(4);
	const config = readFileSync(join(projectRoot, "biome.json"), "utf8");
	using tree = plantTree({ "biome.json": config, "page.md": `${table}\n` });
	const biome = join(projectRoot, "node_modules", ".bin", "biome");
	const result = await runCommand(biome, ["format", "page.md"], { cwd: tree.root });
	expect(result, result.stdout).toMatchObject({ code: 0 });
});
