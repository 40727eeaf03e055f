/** Zones in the kernel's order. Which of them a kernel has is its configuration. */
const KERNEL_ORDER = ["DMA", "DMA32", "Normal", "HighMem", "Movable", "Device"] as const;
type KernelZone = (typeof KERNEL_ORDER)[number];

/** What most kernels have that is not seen in a log, the commonest first: 64-bit ones DMA32 and Device, 32-bit ones HighMem. */
const UNSEEN: readonly KernelZone[] = ["DMA32", "DMA", "Device", "HighMem"];

/** Columns of lowmem_reserve[] in the model: DMA, DMA32, Normal, Movable, Device. */
export const MODEL_COLUMNS = 5;

/** The model's index of a zone, by its name; HighMem takes the place of Movable. Undefined for other names. */
export function modelIndex(zone: string, hasHighMem: boolean): number | undefined {
	if (zone === "Movable" && hasHighMem) return 4;
	const index = { DMA: 0, DMA32: 1, Normal: 2, HighMem: 3, Movable: 3, Device: 4 }[zone];
	return Object.hasOwn({ DMA: 0, DMA32: 1, Normal: 2, HighMem: 3, Movable: 3, Device: 4 }, zone) ? index : undefined;
}

/**
 * The zones that the columns of lowmem_reserve[] belong to, in the kernel's order, as far as a log tells: the zones that
 * have pages, Normal and Movable, which every kernel has, and of the rest what makes the number of columns right.
 *
 * @param seen names of the zones that the log has.
 * @param columns numbers in a line of lowmem_reserve[].
 * @returns null where no configuration has so many.
 */
export function zoneColumns(seen: readonly string[], columns: number): readonly KernelZone[] | null {
	const zones = new Set<KernelZone>(["Normal", "Movable"]);
	for (const name of KERNEL_ORDER) if (seen.includes(name)) zones.add(name);
	// HighMem is a matter of 32-bit kernels, which have no DMA32.
	const candidates = seen.includes("HighMem") ? UNSEEN.filter((name) => name !== "DMA32") : UNSEEN;
	for (const name of candidates) if (zones.size < columns) zones.add(name);
	return zones.size === columns ? KERNEL_ORDER.filter((name) => zones.has(name)) : null;
}

/**
 * A zone's lowmem_reserve[] by the model's zone index. A zone that the kernel does not have takes the column of the zone
 * below it, since it adds no pages; indexes below the first column get 0.
 */
export function modelReserve(reserve: readonly number[], columns: readonly string[]): number[] {
	const hasHighMem = columns.includes("HighMem");
	const own = new Map(columns.map((name, i) => [modelIndex(name, hasHighMem), reserve[i] ?? 0]));
	let last = 0;
	return Array.from({ length: MODEL_COLUMNS }, (_, index) => {
		last = own.get(index) ?? last;
		return last;
	});
}
