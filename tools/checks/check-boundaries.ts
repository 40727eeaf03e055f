import { cruise, type ICruiseOptions } from "dependency-cruiser";
import { boundaryRules } from "./boundary-rules.ts";
import type { Check } from "./check-result.ts";
import { declaredUpwards, undeclaredImports } from "./declared-dependencies.ts";
import { findPackages } from "./workspace.ts";

const options = (root: string): ICruiseOptions => ({
	baseDir: root,
	validate: true,
	tsPreCompilationDeps: true,
	exclude: { path: "(^|/)dist/" },
	doNotFollow: { path: "node_modules" },
	enhancedResolveOptions: {
		exportsFields: ["exports"],
		conditionNames: ["@pagelab/source", "import", "node", "types", "default"],
		extensions: [".ts", ".mjs", ".js", ".d.ts"],
	},
	ruleSet: { forbidden: [...boundaryRules] },
});

/** The floors, seams and declared dependencies of ARCHITECTURE.md §1. */
export const checkBoundaries: Check = {
	name: "boundaries",
	async run(root) {
		const packages = findPackages(root);
		const folders = ["packages", "apps", "tools"].filter((group) =>
			packages.some(({ dir }) => dir.startsWith(`${group}/`)),
		);
		const { output } = await cruise(folders, options(root));
		if (typeof output === "string") throw new TypeError("dependency-cruiser reported text instead of an object");
		const imports = output.summary.violations.map(({ from, to, rule }) => `${from} → ${to}: ${rule.name}`);
		const published = packages.filter(({ dir }) => !dir.startsWith("tools/"));
		return [...declaredUpwards(packages), ...imports, ...undeclaredImports(output, published)];
	},
};
