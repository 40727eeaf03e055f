import type { IForbiddenRuleType } from "dependency-cruiser";
import { allowedImports, FLOORS } from "./floors.ts";

/** Files that are not published: they may use the tools and the platform. */
export const TEST_FILE = "\\.(test|bench|fixture)\\.ts$";
const PRODUCTION = "^(packages|apps)/[^/]+/src/";

/** One rule a package: it reaches the packages below its floor, and none beside or above. */
function floorRule(folder: string): IForbiddenRuleType {
	const allowed = [folder, ...(allowedImports(folder) ?? [])];
	return {
		name: "imports only go down",
		severity: "error",
		from: { path: `^packages/${folder}/` },
		to: { path: "^packages/", pathNot: allowed.map((name) => `^packages/${name}/`) },
	};
}

/** Import rules for dependency-cruiser: the floors and seams of ARCHITECTURE.md §1. */
export const boundaryRules: ReadonlyArray<IForbiddenRuleType> = [
	...FLOORS.flat().map(floorRule),
	{
		name: "packages know neither apps nor tools",
		severity: "error",
		from: { path: "^packages/[^/]+/src/", pathNot: TEST_FILE },
		to: { path: "^(apps|tools)/" },
	},
	{
		name: "tests of packages use tools but no apps",
		severity: "error",
		from: { path: "^packages/" },
		to: { path: "^apps/" },
	},
	{
		name: "apps do not import each other",
		severity: "error",
		from: { path: "^apps/([^/]+)/" },
		to: { path: "^apps/", pathNot: "^apps/$1/" },
	},
	{
		name: "other packages are imported by name, never by a file inside them",
		severity: "error",
		from: { path: "^(?:packages|apps|tools)/([^/]+)/" },
		to: { path: "^packages/", pathNot: ["^packages/$1/", "^packages/[^/]+/(src|dist)/index\\.(ts|js)$"] },
	},
	{
		name: "other packages are imported by name, never by a path",
		severity: "error",
		from: { path: "^(?:packages|apps)/([^/]+)/" },
		to: { path: "^packages/", pathNot: "^packages/$1/", dependencyTypes: ["local"] },
	},
	{
		name: "code does not import tests",
		severity: "error",
		from: { path: PRODUCTION, pathNot: TEST_FILE },
		to: { path: TEST_FILE },
	},
	{
		name: "packages are pure: no modules of the platform",
		severity: "error",
		from: { path: "^packages/[^/]+/src/", pathNot: TEST_FILE },
		to: { dependencyTypes: ["core"] },
	},
	{
		// Two files may name each other's types: that leaves no order of evaluation to get wrong.
		name: "no import cycles",
		severity: "error",
		from: {},
		to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
	},
	{ name: "every import resolves", severity: "error", from: {}, to: { couldNotResolve: true } },
];
