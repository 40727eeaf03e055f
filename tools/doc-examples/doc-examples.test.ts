import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findPublishable } from "../checks/workspace.ts";
import { projectRoot } from "../lib/project-root.ts";
import { extractExamples } from "./extract-examples.ts";
import { runExample } from "./run-example.ts";
import { typeProblems } from "./type-examples.ts";

interface Page {
	readonly path: string;
	/** Folder whose package the examples belong to. */
	readonly dir: string;
}

// The root has no dependencies of its own; the app depends on every package.
const pages: Page[] = [
	{ path: "README.md", dir: "apps/compare" },
	{ path: "CONTRIBUTING.md", dir: "apps/compare" },
	{ path: "ARCHITECTURE.md", dir: "apps/compare" },
	...findPublishable(projectRoot).map(({ dir }) => ({ path: `${dir}/README.md`, dir })),
].filter(({ path }) => existsSync(join(projectRoot, path)));

const examples = pages.flatMap(({ path, dir }) =>
	extractExamples(readFileSync(join(projectRoot, path), "utf8")).map((example) => ({ path, dir, example })),
);

describe("examples of the docs run", () => {
	test("there are some", () => {
		expect(examples.length).toBeGreaterThan(0);
	});

	test("their types are right", () => {
		expect(typeProblems(examples)).toEqual([]);
	});

	for (const { path, dir, example } of examples) {
		test(`${path}:${example.line}`, async () => {
			const result = await runExample(example, join(projectRoot, dir));
			expect(result.code, `${result.stdout}${result.stderr}`).toBe(0);
		});
	}
});
