/**
 * The floors of ARCHITECTURE.md §1, lowest first, by folder name in `packages/`. Packages import lower floors only, never
 * their own. Apps stand above all of them.
 */
export const FLOORS: ReadonlyArray<ReadonlyArray<string>> = [
	["base"],
	["gfp"],
	["page-model", "sim", "memalloc"],
	["contracts"],
	["testkit"],
	["slow-path", "slab", "vmalloc", "vm", "reclaim", "compaction", "oom"],
	["designs", "machine", "workloads", "trace", "klog", "report"],
];

/**
 * Packages that must not know which design runs, so that none can favour one: they see less than their floor would allow.
 */
export const BLIND: Readonly<Record<string, ReadonlyArray<string>>> = {
	workloads: ["base", "gfp", "sim", "memalloc", "contracts", "testkit"],
	report: ["base", "gfp", "sim", "contracts", "testkit"],
};

/** Folder names that a package may import, or undefined for a package that stands on no floor. */
export function allowedImports(
	name: string,
	floors: ReadonlyArray<ReadonlyArray<string>> = FLOORS,
): ReadonlyArray<string> | undefined {
	const floor = floors.findIndex((packages) => packages.includes(name));
	if (floor === -1) return undefined;
	return BLIND[name] ?? floors.slice(0, floor).flat();
}
