import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plantTree } from "../lib/planted-tree.ts";
import { checkBoundaries } from "./check-boundaries.ts";
import { allowedImports, BLIND, FLOORS } from "./floors.ts";

interface PlantedPackage {
	readonly dependencies?: ReadonlyArray<string>;
	readonly devDependencies?: ReadonlyArray<string>;
	/** Path inside `src` → text; index.ts exports `x` unless given. */
	readonly files?: Readonly<Record<string, string>>;
}

const nameOf = (dir: string): string => `@pagelab/${dir.split("/")[1]}`;

const rangesOf = (dirs: ReadonlyArray<string> = []): Record<string, string> =>
	Object.fromEntries(dirs.map((dir) => [nameOf(dir), "workspace:^"]));

const manifestOf = (dir: string, planted: PlantedPackage): string =>
	JSON.stringify({
		name: nameOf(dir),
		type: "module",
		exports: { ".": { "@pagelab/source": "./src/index.ts" } },
		dependencies: rangesOf(planted.dependencies),
		devDependencies: rangesOf(planted.devDependencies),
	});

/** Writes the packages (by folder, as in `packages/base`), links them as pnpm would, and runs the check. */
async function problemsOf(packages: Readonly<Record<string, PlantedPackage>>): Promise<ReadonlyArray<string>> {
	const files = Object.entries(packages).flatMap(([dir, planted]) => [
		[`${dir}/package.json`, manifestOf(dir, planted)],
		...Object.entries({ "index.ts": "export const x: number = 1;\n", ...planted.files }).map(([path, text]) => [
			`${dir}/src/${path}`,
			text,
		]),
	]);
	using tree = plantTree(Object.fromEntries(files) as Record<string, string>);
	for (const [dir, planted] of Object.entries(packages)) {
		const scope = join(tree.root, dir, "node_modules", "@pagelab");
		mkdirSync(scope, { recursive: true });
		for (const to of [...(planted.dependencies ?? []), ...(planted.devDependencies ?? [])]) {
			symlinkSync(join(tree.root, to), join(scope, to.split("/")[1] ?? ""));
		}
	}
	return await checkBoundaries.run(tree.root);
}

const importing = (...names: ReadonlyArray<string>): Record<string, string> => ({
	"index.ts": names.map((name, index) => `import { x as x${index} } from "${name}";\nexport { x${index} };\n`).join(""),
});

/** A package that declares and imports others. */
const using = (...dirs: ReadonlyArray<string>): PlantedPackage => ({
	dependencies: dirs,
	files: importing(...dirs.map(nameOf)),
});

test("a tree that keeps to the floors has no problems", async () => {
	expect(
		await problemsOf({
			"packages/base": {
				files: { "x.test.ts": 'import "../../../tools/fixtures/src/index.ts";\nimport "node:fs";\n' },
			},
			"packages/gfp": using("packages/base"),
			"packages/contracts": using("packages/gfp", "packages/base"),
			"packages/testkit": using("packages/contracts"),
			"packages/oom": { ...using("packages/contracts"), devDependencies: ["packages/testkit"] },
			"packages/machine": using("packages/oom", "packages/contracts"),
			"apps/compare": using("packages/machine", "packages/base"),
			"tools/fixtures": {},
		}),
	).toEqual([]);
});

test("every package on a floor is a lower floor's user only, and the blind ones see less", () => {
	const all = FLOORS.flat();
	expect(new Set(all).size).toBe(all.length);
	for (const [index, floor] of FLOORS.entries()) {
		for (const name of floor) {
			const allowed = allowedImports(name) ?? [];
			expect(FLOORS.slice(0, index).flat(), name).toEqual(expect.arrayContaining([...allowed]));
		}
	}
	for (const name of Object.keys(BLIND)) {
		for (const hidden of ["designs", "machine", "slow-path", "oom", "reclaim"]) {
			expect(allowedImports(name), name).not.toContain(hidden);
		}
	}
});

test.each([
	["upwards", "packages/gfp", "packages/oom"],
	["its neighbour", "packages/page-model", "packages/sim"],
	["designs from machine", "packages/machine", "packages/designs"],
	["designs from workloads", "packages/workloads", "packages/designs"],
	["machine from report", "packages/report", "packages/machine"],
	["a mechanism from workloads", "packages/workloads", "packages/slow-path"],
	["an app from a package", "packages/designs", "apps/compare"],
	["another app", "apps/studio", "apps/compare"],
])("an import of %s is caught, and so is its declaration", async (_, from, to) => {
	const problems = await problemsOf({ [from]: using(to), [to]: {} });
	expect(problems).toContainEqual(expect.stringMatching(`^${from}/package.json: depends on (the app )?${to}`));
	expect(problems).toContainEqual(expect.stringMatching(`^${from}/src/index.ts → ${to}/src/index.ts: `));
});

test("a dependency for development alone is held to the floors too", async () => {
	expect(
		await problemsOf({
			"packages/base": { devDependencies: ["packages/gfp"] },
			"packages/gfp": using("packages/base"),
		}),
	).toEqual(["packages/base/package.json: depends on packages/gfp, which is not below it"]);
});

test("tests use what stands before their package on its floor, published code does not, and nobody what stands behind", async () => {
	const tested = (to: string, file: string) => ({
		devDependencies: [to],
		files: {
			[file]: `export { x } from "@pagelab/${to.slice("packages/".length)}";\n`,
			"index.ts": "export const x: number = 1;\n",
		},
	});
	const problems = async (from: string, to: string, file: string): Promise<ReadonlyArray<string>> =>
		problemsOf({ [from]: tested(to, file), [to]: {} });
	expect(await problems("packages/slab", "packages/slow-path", "x.test.ts")).toEqual([]);
	expect(await problems("packages/slab", "packages/slow-path", "x.fixture.ts")).toEqual([]);
	expect(await problems("packages/slab", "packages/slow-path", "x.ts")).toContainEqual(
		expect.stringContaining("imports only go down"),
	);
	expect(await problems("packages/slow-path", "packages/slab", "x.test.ts")).toEqual([
		"packages/slow-path/package.json: depends on packages/slab, which is not below it",
		expect.stringContaining("tests reach no further than what stands before their package"),
	]);
});

test("a package that stands on no floor is named", async () => {
	expect(await problemsOf({ "packages/misc": {} })).toEqual([
		"packages/misc: stands on no floor of tools/checks/floors.ts",
	]);
});

test("files inside another package are not imported, by name or by path", async () => {
	const problems = await problemsOf({
		"packages/base": { files: { "inner.ts": "export const x: number = 1;\n" } },
		"packages/gfp": {
			dependencies: ["packages/base"],
			files: importing("@pagelab/base/src/inner.ts", "../../base/src/inner.ts", "../../base/src/index.ts"),
		},
	});
	expect(problems).toEqual(
		expect.arrayContaining([
			"packages/gfp/src/index.ts → @pagelab/base/src/inner.ts: every import resolves",
			"packages/gfp/src/index.ts → packages/base/src/inner.ts: other packages are imported by name, never by a file inside them",
			"packages/gfp/src/index.ts → packages/base/src/index.ts: other packages are imported by name, never by a path",
		]),
	);
});

test("imports that the own package.json does not declare, and declarations without import", async () => {
	expect(
		await problemsOf({
			"packages/base": {},
			"packages/gfp": { devDependencies: ["packages/base"], files: importing("@pagelab/base", "undeclared") },
			"packages/sim": { dependencies: ["packages/base"] },
		}),
	).toEqual([
		"packages/gfp/src/index.ts → undeclared: every import resolves",
		"packages/gfp/src/index.ts: imports @pagelab/base, which its package.json does not declare",
		"packages/gfp/src/index.ts: imports undeclared, which its package.json does not declare",
		"packages/sim/package.json: declares @pagelab/base, which no file of src imports",
	]);
});

test("cycles between files are caught, those of types alone are not", async () => {
	const pair = (keyword: string): Record<string, string> => ({
		"a.ts": `import ${keyword} { B } from "./b.ts";\nexport class A { b: B | undefined; }\nexport const x: unknown = null;\n`,
		"b.ts": 'import { A } from "./a.ts";\nexport class B extends A {}\n',
	});
	expect(await problemsOf({ "packages/base": { files: pair("type") } })).toEqual([]);
	expect(await problemsOf({ "packages/base": { files: pair("") } })).toContainEqual(
		expect.stringMatching(/no import cycles$/),
	);
});

test("published code imports no platform module, no test and no tool", async () => {
	const problems = await problemsOf({
		"packages/base": {
			files: {
				"index.ts":
					'import "fs";\nimport "node:path";\nimport "./x.test.ts";\nimport "../../../tools/fixtures/src/index.ts";\n',
				"x.test.ts": "export {};\n",
			},
		},
		"tools/fixtures": {},
	});
	expect(problems.toSorted()).toEqual([
		"packages/base/src/index.ts → fs: packages are pure: no modules of the platform",
		"packages/base/src/index.ts → packages/base/src/x.test.ts: code does not import tests",
		"packages/base/src/index.ts → path: packages are pure: no modules of the platform",
		"packages/base/src/index.ts → tools/fixtures/src/index.ts: packages know neither apps nor tools",
	]);
});
