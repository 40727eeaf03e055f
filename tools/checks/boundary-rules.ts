import type { IForbiddenRuleType } from "dependency-cruiser";
import { allowedImports, FLOORS, testImports } from "./floors.ts";

/** Files that are not published: they may use the tools and the platform. */
export const TEST_FILE = "\\.(test|bench|fixture)\\.ts$";
const PRODUCTION = "^(packages|apps)/[^/]+/src/";

const NOT_PUBLISHED = [TEST_FILE, "^packages/[^/]+/bench/"];

/**
 * Two rules a package: it reaches the packages below its floor, and none beside or above; its tests also those that stand
 * before it.
 */
function floorRules(folder: string): IForbiddenRuleType[] {
	const outside = (allowed: ReadonlyArray<string> = []) => ({
		path: "^packages/",
		pathNot: [folder, ...allowed].map((name) => `^packages/${name}/`),
	});
	return [
		{
			name: "imports only go down",
			severity: "error",
			from: { path: `^packages/${folder}/`, pathNot: NOT_PUBLISHED },
			to: outside(allowedImports(folder)),
		},
		{
			name: "tests reach no further than what stands before their package",
			severity: "error",
			from: { path: NOT_PUBLISHED.map((file) => `^packages/${folder}/.*${file.replace("^packages/[^/]+/", "")}`) },
			to: outside(testImports(folder)),
		},
	];
}

/** Import rules for dependency-cruiser: the floors and seams of ARCHITECTURE.md §1. */
export const boundaryRules: ReadonlyArray<IForbiddenRuleType> = [
	...FLOORS.flat().flatMap(floorRules),
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
