import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../lib/project-root.ts";
import { parseManifest } from "./manifest.ts";

const manifests = globSync("{packages,apps}/*/bench/manifest.json", { cwd: projectRoot });
const programs = globSync("{packages,apps}/*/bench/*.bench.ts", { cwd: projectRoot });

describe("benchmarks of this repository", () => {
	test("every program is in the manifest of its folder, and every row has its program", () => {
		const listed = manifests.flatMap((path) =>
			parseManifest(readFileSync(join(projectRoot, path), "utf8"), path, path).flatMap((row) =>
				row.kind === "measured" ? [join(dirname(path), row.bench)] : [],
			),
		);
		expect(listed.filter((program) => !existsSync(join(projectRoot, program)))).toEqual([]);
		expect(programs.filter((program) => !listed.includes(program))).toEqual([]);
	});
});
