import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type PlantedTree, plantTree } from "../lib/planted-tree.ts";
import { runCommand } from "../lib/run-command.ts";
import { checkChangesets } from "./check-changesets.ts";
import { checkDependencyDecisions } from "./check-dependency-decisions.ts";
import { checkLinks } from "./check-links.ts";
import { checkPackages } from "./check-packages.ts";
import { checkRepositorySize } from "./check-repository-size.ts";
import type { Check } from "./check-result.ts";
import { checkText } from "./check-text.ts";

import { checkGeneratedDocs, fixGeneratedDocs } from "./generated-docs.ts";
import { tarballProblems } from "./packed-packages.ts";

async function trackAll(tree: PlantedTree): Promise<void> {
	for (const args of [
		["init", "--quiet"],
		["add", "--all"],
	]) {
		const result = await runCommand("git", args, { cwd: tree.root });
		if (result.code !== 0) throw new Error(result.stderr);
	}
}

/** Plants the files, tracks them with git, and runs one check. */
async function problemsOf(check: Check, files: Readonly<Record<string, string>>): Promise<ReadonlyArray<string>> {
	using tree = plantTree(files);
	await trackAll(tree);
	return await check.run(tree.root);
}

test("a file over 2 MB and a tree over 20 MB are caught, what git ignores is not", async () => {
	const full = "x".repeat(2_000_000);
	const many = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`data/${index}`, full]));
	const ignored = { ".gitignore": "ignored\n", ignored: `${full}${full}` };
	expect(await problemsOf(checkRepositorySize, { a: full, ...ignored })).toEqual([]);
	expect(await problemsOf(checkRepositorySize, { a: `${full}x`, ...ignored })).toEqual([
		"a: has 2.00 MB, more than 2.00 MB",
	]);
	expect(await problemsOf(checkRepositorySize, { ...many, ...ignored })).toEqual([
		"the tracked files have 20.00 MB, more than 20.00 MB",
	]);
});

// The planted texts are put together here, so that this file itself passes the check.
const slash = "/";

test.each([
	[`const x = "${slash}work/main/x";`, `holds a path of one machine: ${slash}work/main`],
	[`see ${slash}home/ada/notes`, `holds a path of one machine: ${slash}home/ada/notes`],
	[`https:/${slash}registry.example.org/x`, `names the host of a registry: https:/${slash}registry.example.org`],
])("%s in a tracked file is caught with its line", async (line, problem) => {
	expect(await problemsOf(checkText, { "a.md": `first\n${line}\n` })).toEqual([`a.md:2: ${problem}`]);
});

test.each([
	`/${slash} oxlint-disable-next-line`,
	`/${slash} @ts-ignore`,
	`${slash}* eslint-disable */`,
	`/${slash} biome-ignore x: y`,
])("%s is caught in code, and may be spoken of in prose", async (comment) => {
	expect(await problemsOf(checkText, { "a.ts": `${comment}\nexport {};\n` })).toEqual([
		expect.stringMatching(/^a\.ts:1: switches a check off in a comment: /),
	]);
	expect(await problemsOf(checkText, { "a.md": comment })).toEqual([]);
});

test("paths inside the project and files that are not text are left alone", async () => {
	expect(
		await problemsOf(checkText, {
			"a.ts": 'import "../lib/work/x.ts";\nconst proc = "/proc/zoneinfo";\nconst url = "https://example.org/work/x";\n',
			"a.gz": `\0${slash}work/main/x`,
		}),
	).toEqual([]);
});

test("links that lead nowhere are caught: to a file, a heading, out of the repository", async () => {
	const page = [
		"# A page: of `code` & more",
		"[file](docs/b.md) [folder](docs) [heading](docs/b.md#second-part) [own](#a-page-of-code--more)",
		"[web](https://example.org/x) ![picture](docs/none.png)",
		"[gone](docs/c.md) [gone heading](docs/b.md#third)",
		"[outside](../x.md)",
		"`[not a link](x.md)`",
		"```",
		"[not a link](x.md)",
		"```",
		"[by name]: docs/d.md",
	];
	expect(await problemsOf(checkLinks, { "a.md": page.join("\n"), "docs/b.md": "# B\n\n## Second part\n" })).toEqual([
		"a.md:3: a link leads nowhere: docs/none.png",
		"a.md:4: a link leads nowhere: docs/c.md",
		"a.md:4: a link leads to no heading: docs/b.md#third",
		"a.md:5: a link leads out of the repository: ../x.md",
		"a.md:10: a link leads nowhere: docs/d.md",
	]);
});

const GOOD_MANIFEST = {
	name: "@pagelab/base",
	description: "Units that every package shares.",
	license: "MIT",
	type: "module",
	sideEffects: false,
	exports: {
		".": { "@pagelab/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
		"./package.json": "./package.json",
	},
	files: ["dist", "src", "!src/**/*.test.ts"],
	engines: { node: ">=20.19" },
};
const GOOD_README = "# @pagelab/base\n\nUnits that every\npackage shares.\n\n```ts\n1;\n```\n";

const packageFiles = (manifest: object, readme = GOOD_README): Record<string, string> => ({
	"packages/base/package.json": JSON.stringify(manifest),
	"packages/base/README.md": readme,
	"packages/base/src/index.ts": "export {};\n",
});

test("a package with everything has no problems", async () => {
	expect(await problemsOf(checkPackages, packageFiles(GOOD_MANIFEST))).toEqual([]);
});

test.each([
	[{ name: "base" }, 'name must be "@pagelab/base"'],
	[{ description: undefined }, "description must be one sentence"],
	[{ description: "Units. And more." }, "description must be one sentence"],
	[{ license: "ISC" }, 'license must be "MIT", not "ISC"'],
	[{ type: "commonjs" }, 'type must be "module"'],
	[{ sideEffects: undefined }, "sideEffects must be false"],
	[{ engines: { node: ">=24" } }, 'engines.node must be ">=20.19"'],
	[{ exports: { ".": "./dist/index.js" } }, 'exports["."] must be'],
	[{ files: ["dist"] }, 'files must hold "src"'],
])("package.json with %j is caught", async (change, problem) => {
	const problems = await problemsOf(checkPackages, packageFiles({ ...GOOD_MANIFEST, ...change }));
	expect(problems).toContainEqual(expect.stringContaining(`packages/base: ${problem}`));
});

test.each([
	["# base\n\nUnits.\n\n```ts\n```\n", "the title of README.md must be"],
	["# @pagelab/base\n\nUnits. And more.\n\n```ts\n```\n", "README.md must begin with one sentence"],
	["# @pagelab/base\n\n```ts\n1;\n```\n", "README.md must begin with one sentence"],
	["# @pagelab/base\n\nUnits.\n\n```ts no-run\n1;\n```\n", "README.md has no runnable example"],
])("README %j is caught", async (readme, problem) => {
	expect(await problemsOf(checkPackages, packageFiles(GOOD_MANIFEST, readme))).toEqual([
		expect.stringContaining(`packages/base: ${problem}`),
	]);
});

test("a private package is not held to what is published", async () => {
	expect(await problemsOf(checkPackages, { "tools/x/package.json": '{"name":"x","private":true}' })).toEqual([]);
});

const changeset = (name: string, text: string): Record<string, string> => ({
	".changeset/config.json": "{}",
	".changeset/one.md": `---\n"${name}": minor\n---\n\n${text}\n`,
});

test("changesets of unknown packages and without a word are caught", async () => {
	const base = packageFiles(GOOD_MANIFEST);
	expect(await problemsOf(checkChangesets, { ...base, ...changeset("@pagelab/base", "Adds units.") })).toEqual([]);
	expect(await problemsOf(checkChangesets, { ...base, ...changeset("@pagelab/bass", "Adds units.") })).toEqual([
		".changeset/one.md: @pagelab/bass is no published package of this workspace",
	]);
	expect(await problemsOf(checkChangesets, { ...base, ...changeset("@pagelab/base", "") })).toEqual([
		".changeset/one.md: says nothing to the users of the package",
	]);
});

const marked = (name: string): string =>
	`# x\n\n<!-- ${name}: made by pnpm check --fix -->\n<!-- /${name} -->\n\nend\n`;

test("generated parts of the docs that are not current are caught, and --fix writes them", async () => {
	using tree = plantTree({
		"README.md": marked("packages"),
		"ARCHITECTURE.md": marked("floors"),
		...packageFiles(GOOD_MANIFEST),
		"packages/gfp/package.json": JSON.stringify({ name: "@pagelab/gfp", description: "Flags." }),
		"apps/compare/package.json": JSON.stringify({ name: "pagelab", description: "The command." }),
	});
	expect(await checkGeneratedDocs.run(tree.root)).toEqual([
		'README.md: "packages" is not current, run pnpm check --fix',
		'ARCHITECTURE.md: "floors" is not current, run pnpm check --fix',
	]);
	fixGeneratedDocs(tree.root);
	expect(await checkGeneratedDocs.run(tree.root)).toEqual([]);
	const rows = readFileSync(join(tree.root, "README.md"), "utf8").match(/^\| \[.*/gm);
	expect(rows?.map((row) => row.split("]")[0])).toEqual(["| [pagelab", "| [@pagelab/base", "| [@pagelab/gfp"]);
	expect(readFileSync(join(tree.root, "ARCHITECTURE.md"), "utf8")).toContain("apps/compare\ngfp\nbase\n");
});

test("docs without the place for their generated part are caught", async () => {
	expect(await problemsOf(checkGeneratedDocs, { "README.md": "# x\n" })).toEqual([
		"README.md: lacks the lines <!-- packages: made by pnpm check --fix --> and <!-- /packages -->",
		"ARCHITECTURE.md: lacks the lines <!-- floors: made by pnpm check --fix --> and <!-- /floors -->",
	]);
});

test("dependencies without a decision and decisions without a dependency are caught", async () => {
	const files = {
		"package.json": JSON.stringify({ name: "root", devDependencies: { vitest: "5", "@pagelab/base": "workspace:*" } }),
		...packageFiles({ ...GOOD_MANIFEST, dependencies: { "pure-rand": "8" } }),
	};
	const page = (...names: string[]): Record<string, string> => ({
		...files,
		"docs/decisions/dependencies.md": names.map((name) => `| \`${name}\` | why |`).join("\n"),
	});
	expect(await problemsOf(checkDependencyDecisions, page("vitest", "pure-rand"))).toEqual([]);
	expect(await problemsOf(checkDependencyDecisions, page("vitest", "jest"))).toEqual([
		"docs/decisions/dependencies.md: has no line for pure-rand",
		"docs/decisions/dependencies.md: nothing depends on jest any more",
	]);
	expect(await problemsOf(checkDependencyDecisions, files)).toEqual(["docs/decisions/dependencies.md is absent"]);
});

const packedFiles = ["LICENSE", "README.md", "dist/index.d.ts", "dist/index.js", "package.json", "src/index.ts"];
const library = { dir: "packages/base", folder: "base", manifest: { name: "@pagelab/base" } };
const app = { dir: "apps/compare", folder: "compare", manifest: { name: "pagelab" } };

test("a tarball without source or licence, with a test or a fixture, or too big is caught", () => {
	expect(tarballProblems({ subject: library, bytes: 1_000_000, files: packedFiles })).toEqual([]);
	const files = [
		"README.md",
		"dist/index.d.ts",
		"dist/index.js",
		"package.json",
		"src/x.test.ts",
		"src/x.fixture.ts",
		"data/x.gz",
	];
	expect(tarballProblems({ subject: library, bytes: 1_000_001, files })).toEqual([
		"packages/base: the tarball lacks LICENSE",
		"packages/base: the tarball lacks src/index.ts",
		"packages/base: the tarball ships the test src/x.test.ts",
		"packages/base: the tarball ships the fixture src/x.fixture.ts",
		"packages/base: the tarball ships the fixture data/x.gz",
		"packages/base: the tarball has 1000001 bytes packed, more than 1000000",
	]);
	const withRecording = [...packedFiles, "data/recording.json.gz"];
	expect(tarballProblems({ subject: app, bytes: 5_000_000, files: withRecording })).toEqual([]);
	expect(tarballProblems({ subject: app, bytes: 5_000_001, files: withRecording })).toHaveLength(1);
});
