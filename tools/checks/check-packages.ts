import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "./check-result.ts";
import { isOneSentence, outlineReadme } from "./readme-outline.ts";
import { findPublishable, type WorkspacePackage } from "./workspace.ts";

type Rule = (subject: WorkspacePackage, root: string) => ReadonlyArray<string>;

const expectValue = (what: string, found: unknown, expected: unknown): string[] =>
	JSON.stringify(found) === JSON.stringify(expected)
		? []
		: [`${what} must be ${JSON.stringify(expected)}, not ${JSON.stringify(found)}`];

const basics: Rule = ({ dir, folder, manifest }) => [
	...(dir.startsWith("packages/") ? expectValue("name", manifest.name, `@pagelab/${folder}`) : []),
	...(dir.startsWith("packages/") ? expectValue("sideEffects", manifest.sideEffects, false) : []),
	...expectValue("license", manifest.license, "MIT"),
	...expectValue("type", manifest.type, "module"),
	...expectValue("engines.node", manifest.engines?.["node"], ">=20.19"),
	...(isOneSentence(manifest.description ?? "") ? [] : ["description must be one sentence"]),
];

/** Source first for work inside the repository, then types, then the built file for everybody else. */
const exportsRule: Rule = ({ dir, manifest }, root) => {
	const main = {
		"@pagelab/source": "./src/index.ts",
		types: "./dist/index.d.ts",
		default: "./dist/index.js",
	};
	return [
		...expectValue('exports["."]', manifest.exports?.["."], main),
		...expectValue('exports["./package.json"]', manifest.exports?.["./package.json"], "./package.json"),
		...(existsSync(join(root, dir, "src", "index.ts")) ? [] : ["src/index.ts is absent"]),
	];
};

const filesRule: Rule = ({ manifest }) => {
	const files = manifest.files ?? [];
	return ["dist", "src", "!src/**/*.test.ts"]
		.filter((entry) => !files.includes(entry))
		.map((entry) => `files must hold "${entry}"`);
};

const readmeRule: Rule = ({ dir, manifest }, root) => {
	const path = join(root, dir, "README.md");
	if (!existsSync(path)) return ["README.md is absent"];
	const { title, lead, fences } = outlineReadme(readFileSync(path, "utf8"));
	return [
		...expectValue("the title of README.md", title, manifest.name),
		...(isOneSentence(lead) ? [] : ["README.md must begin with one sentence"]),
		...(fences.includes("ts") || !dir.startsWith("packages/") ? [] : ["README.md has no runnable example"]),
	];
};

const RULES: ReadonlyArray<Rule> = [basics, exportsRule, filesRule, readmeRule];

/** What every published package has: README, example, typed exports, source, licence. */
export const checkPackages: Check = {
	name: "package rules",
	run: async (root) =>
		findPublishable(root).flatMap((subject) =>
			RULES.flatMap((rule) => rule(subject, root)).map((problem) => `${subject.dir}: ${problem}`),
		),
};
