/**
 * The floors of ARCHITECTURE.md §1, lowest first, by folder name in `packages/`. Packages import lower floors only, never
 * their own. Apps stand above all of them. The order inside of a floor counts for tests alone, see {@link testImports}.
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

/**
 * Folder names that the tests and benchmarks of a package may import: those of its code, and what stands before it on its own
 * floor, so that a mechanism can be tried on a real one. In one direction only: no cycle can come of it.
 */
export function testImports(
	name: string,
	floors: ReadonlyArray<ReadonlyArray<string>> = FLOORS,
): ReadonlyArray<string> | undefined {
	const allowed = allowedImports(name, floors);
	const floor = floors.find((packages) => packages.includes(name));
	if (allowed === undefined || floor === undefined || BLIND[name] !== undefined) return allowed;
	return [...allowed, ...floor.slice(0, floor.indexOf(name))];
}
