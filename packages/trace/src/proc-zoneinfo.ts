import { InputError, type InputPosition } from "@pagelab/base";

/** One zone of /proc/zoneinfo as it is printed. Counts in pages. */
export interface ProcZone {
	readonly node: number;
	/** DMA, DMA32, Normal, Movable, Device; other architectures have others. */
	readonly name: string;
	/** Line of its heading. */
	readonly line: number;
	/** Values of lines that are a name and a number, `min` and `nr_free_pages` alike. */
	readonly values: ReadonlyMap<string, number>;
	/** `protection: (…)`, empty where the kernel prints none. */
	readonly protection: readonly number[];
	readonly pagesets: readonly ProcPageset[];
}

/** One CPU's pageset: `count`, `high`, `batch`, since 6.13 or so also `high_min` and `high_max`. */
export interface ProcPageset {
	readonly cpu: number;
	readonly values: ReadonlyMap<string, number>;
	/** `vm stats threshold`, printed behind each pageset; absent on kernels without SMP. */
	readonly statThreshold: number | undefined;
}

const HEADING = /^Node\s+(\d+),\s+zone\s+(\S+)\s*$/;
const VALUE = /^\s+(?:pages\s+)?([a-z_0-9]+):?\s+(-?\d+)\s*$/;
const PROTECTION = /^\s+protection:\s+\(([-\d,\s]*)\)\s*$/;
const CPU = /^\s+cpu:\s+(\d+)/;
const THRESHOLD = /^\s+vm stats threshold:\s+(\d+)/;

interface OpenPageset {
	cpu: number;
	values: Map<string, number>;
	statThreshold: number | undefined;
}

interface OpenZone {
	node: number;
	name: string;
	line: number;
	values: Map<string, number>;
	protection: readonly number[];
	pagesets: OpenPageset[];
}

/**
 * Reads /proc/zoneinfo of any kernel since 2.6: lines that it does not know are passed over, so what a kernel does not
 * print is simply absent. `start_pfn` stands among the values.
 *
 * @throws InputError where there is no zone in the text, or a zone ends before its `spanned` and `present`.
 */
export function parseZoneinfo(text: string, at: InputPosition = {}): readonly ProcZone[] {
	const zones: OpenZone[] = [];
	text.split("\n").forEach((line, i) => {
		const heading = HEADING.exec(line);
		if (heading !== null) zones.push(openZone(heading, i + 1));
		else addLine(zones.at(-1), line);
	});
	if (zones.length === 0) {
		throw new InputError('this is no zoneinfo, expected a line such as "Node 0, zone DMA32"', { ...at, line: 1 });
	}
	for (const zone of zones) {
		for (const name of ["spanned", "present"]) {
			if (zone.values.has(name)) continue;
			throw new InputError(`zone ${zone.name} of node ${zone.node} has no "${name}" line, is the text cut off?`, {
				...at,
				line: zone.line,
			});
		}
	}
	return zones;
}

const openZone = (heading: RegExpExecArray, line: number): OpenZone => ({
	node: Number(heading[1]),
	name: heading[2] ?? "",
	line,
	values: new Map(),
	protection: [],
	pagesets: [],
});

function addLine(zone: OpenZone | undefined, line: string): void {
	if (zone === undefined) return;
	const pageset = zone.pagesets.at(-1);
	const cpu = CPU.exec(line);
	if (cpu !== null) {
		zone.pagesets.push({ cpu: Number(cpu[1]), values: new Map(), statThreshold: undefined });
		return;
	}
	const threshold = THRESHOLD.exec(line);
	if (threshold !== null) {
		if (pageset !== undefined) pageset.statThreshold = Number(threshold[1]);
		return;
	}
	const protection = PROTECTION.exec(line);
	if (protection !== null) {
		zone.protection = (protection[1] ?? "").split(",").map(Number);
		return;
	}
	const value = VALUE.exec(line);
	if (value === null) return;
	const name = value[1] ?? "";
	// Behind the pagesets come a few more lines of the zone, which have no name in common with a pageset's.
	const target = pageset !== undefined && PAGESET_NAMES.has(name) ? pageset.values : zone.values;
	// The node's statistics come first and share no name with the zone's; the first value of a name counts.
	if (!target.has(name)) target.set(name, Number(value[2]));
}

const PAGESET_NAMES: ReadonlySet<string> = new Set(["count", "high", "batch", "high_min", "high_max"]);
