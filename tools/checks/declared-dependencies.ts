import type { ICruiseResult } from "dependency-cruiser";
import { TEST_FILE } from "./boundary-rules.ts";
import { allowedImports, testImports } from "./floors.ts";
import { declaredNames, type WorkspacePackage } from "./workspace.ts";

/** Package that a bare specifier names, as in `@pagelab/base` or `zod`; undefined for relative and `node:` specifiers. */
function packageOf(specifier: string): string | undefined {
	if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
	const [scope = "", name = ""] = specifier.split("/");
	return specifier.startsWith("@") ? `${scope}/${name}` : scope;
}

const isTest = (file: string): boolean => new RegExp(TEST_FILE).test(file) || file.includes("/bench/");

/** Published code imports what its own package.json declares, itself never, and declares nothing that it does not use. */
export function undeclaredImports(result: ICruiseResult, packages: ReadonlyArray<WorkspacePackage>): string[] {
	const problems: string[] = [];
	for (const { dir, manifest } of packages) {
		const files = result.modules.filter(({ source }) => source.startsWith(`${dir}/src/`) && !isTest(source));
		const used = new Set<string>();
		const runtime = [...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.peerDependencies ?? {})];
		for (const { source, dependencies } of files) {
			for (const { module, dependencyTypes } of dependencies) {
				const name = packageOf(module);
				if (name === undefined || dependencyTypes.includes("core")) continue;
				used.add(name);
				if (!runtime.includes(name))
					problems.push(`${source}: imports ${name}, which its package.json does not declare`);
			}
		}
		for (const name of runtime) {
			if (!used.has(name)) problems.push(`${dir}/package.json: declares ${name}, which no file of src imports`);
		}
	}
	return problems;
}

/**
 * Declared dependencies obey the floors too. Those for development reach as far as tests do, so that no cycle can hide there.
 */
export function declaredUpwards(packages: ReadonlyArray<WorkspacePackage>): string[] {
	const folderOf = new Map(packages.map(({ dir, folder, manifest }) => [manifest.name, { dir, folder }]));
	return packages.flatMap(({ dir, folder, manifest }) => {
		const published = new Set(declaredNames({ ...manifest, devDependencies: {} }));
		const declared = declaredNames(manifest).flatMap((name) => {
			const to = folderOf.get(name);
			return to === undefined ? [] : [{ ...to, development: !published.has(name) }];
		});
		if (!dir.startsWith("packages/")) {
			return declared
				.filter((to) => to.dir.startsWith("apps/"))
				.map((to) => `${dir}/package.json: depends on the app ${to.dir}`);
		}
		const allowed = allowedImports(folder);
		if (allowed === undefined) return [`${dir}: stands on no floor of tools/checks/floors.ts`];
		const forTests = testImports(folder) ?? [];
		return declared
			.filter((to) => {
				const reach = to.development ? forTests : allowed;
				return to.dir.startsWith("apps/") || (to.dir.startsWith("packages/") && !reach.includes(to.folder));
			})
			.map((to) => `${dir}/package.json: depends on ${to.dir}, which is not below it`);
	});
}
