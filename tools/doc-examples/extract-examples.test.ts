import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../lib/project-root.ts";
import { extractExamples } from "./extract-examples.ts";
import { runExample } from "./run-example.ts";
import { typeProblems } from "./type-examples.ts";

const PAGE = `# Title

\`\`\`ts
first();

second();
\`\`\`

\`\`\`ts no-run
not(this);
\`\`\`

\`\`\`sh
npm test
\`\`\`

\`\`\`\`md
\`\`\`ts
shown();
\`\`\`
\`\`\`\`

\`\`\`ts
third();
\`\`\`
`;

test("ts blocks are found with their lines; other languages, no-run and quoted Markdown are not", () => {
	expect(extractExamples(PAGE)).toEqual([
		{ line: 4, code: "first();\n\nsecond();" },
		{ line: 24, code: "third();" },
	]);
});

const base = join(projectRoot, "packages", "base");

test("an example imports its own package from source", async () => {
	const code = 'import { asPfn } from "@pagelab/base";\nconst pfn: number = asPfn(3);\nconsole.log(pfn);';
	expect(await runExample({ line: 1, code }, base)).toMatchObject({ code: 0, stdout: "3\n" });
});

test("an example that does not hold fails with its line of the page", async () => {
	const code = 'import assert from "node:assert/strict";\nassert.equal(1, 2);';
	const result = await runExample({ line: 40, code }, base);
	expect(result.code).toBe(1);
	expect(result.stderr).toMatch(/:41\b/);
});

test("an example with a wrong type is found with its line of the page, although it runs", async () => {
	const code = 'import { asPfn } from "@pagelab/base";\nconst pfn: string = asPfn(3);\nvoid pfn;';
	const example = { line: 12, code };
	expect(await runExample(example, base)).toMatchObject({ code: 0 });
	expect(typeProblems([{ path: "packages/base/README.md", dir: "packages/base", example }])).toEqual([
		"packages/base/README.md:13: Type 'Pfn' is not assignable to type 'string'.",
	]);
});
