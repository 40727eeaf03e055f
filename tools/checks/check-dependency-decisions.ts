import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "./check-result.ts";
import { declaredNames, findPackages, type PackageManifest } from "./workspace.ts";

const PAGE = "docs/decisions/dependencies.md";

/** Every dependency from outside has its line in docs/decisions/dependencies.md, and every line its dependency. */
export const checkDependencyDecisions: Check = {
	name: "dependency decisions",
	async run(root) {
		if (!existsSync(join(root, PAGE))) return [`${PAGE} is absent`];
		const page = readFileSync(join(root, PAGE), "utf8");
		const decided = new Set([...page.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] ?? ""));
		const packages = findPackages(root).map(({ manifest }) => manifest);
		const own = new Set(packages.map(({ name }) => name));
		const workspace = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as PackageManifest;
		const declared = new Set([workspace, ...packages].flatMap(declaredNames).filter((name) => !own.has(name)));
		return [
			...[...declared].filter((name) => !decided.has(name)).map((name) => `${PAGE}: has no line for ${name}`),
			...[...decided]
				.filter((name) => !declared.has(name))
				.map((name) => `${PAGE}: nothing depends on ${name} any more`),
		];
	},
};
