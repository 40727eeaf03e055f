import { InputError } from "@pagelab/base";

/** /proc/meminfo: kB by name as printed, such as `MemFree` or `Active(anon)`; `HugePages_*` are counts of huge pages. */
export type ProcMeminfo = Readonly<Record<string, number>>;

/** /proc/vmstat: counts by name. */
export type ProcVmstat = Readonly<Record<string, number>>;

/** One cache of /proc/slabinfo (version 2.x). */
export interface ProcSlab {
	readonly name: string;
	readonly activeObjects: number;
	readonly objects: number;
	readonly objectBytes: number;
	readonly objectsPerSlab: number;
	readonly pagesPerSlab: number;
	readonly activeSlabs: number;
	readonly slabs: number;
}

const MEMINFO_LINE = /^([\w()]+):\s+(\d+)(?: kB)?\s*$/;
const VMSTAT_LINE = /^(\w+) (-?\d+)\s*$/;
const SLAB_LINE =
	/^(\S.*?)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+) : tunables\s+\d+\s+\d+\s+\d+ : slabdata\s+(\d+)\s+(\d+)\s+\d+/;

/** @throws InputError with the line that is none of /proc/meminfo. */
export const readProcMeminfo = (text: string, file?: string): ProcMeminfo =>
	readPairs(text, MEMINFO_LINE, "NAME: N kB", file);

/** @throws InputError with the line that is none of /proc/vmstat. */
export const readProcVmstat = (text: string, file?: string): ProcVmstat => readPairs(text, VMSTAT_LINE, "NAME N", file);

/** @throws InputError with the line that is none of /proc/slabinfo. */
export function readProcSlabinfo(text: string, file?: string): ProcSlab[] {
	return filledLines(text)
		.filter(({ line }) => !line.startsWith("slabinfo - version") && !line.startsWith("#"))
		.map(({ line, number }) => {
			const match = SLAB_LINE.exec(line);
			if (match === null) return fail(line, number, "NAME, 5 numbers, tunables and slabdata", file);
			const [name = "", ...numbers] = match.slice(1);
			const [
				activeObjects = 0,
				objects = 0,
				objectBytes = 0,
				objectsPerSlab = 0,
				pagesPerSlab = 0,
				activeSlabs = 0,
				slabs = 0,
			] = numbers.map(Number);
			return { name, activeObjects, objects, objectBytes, objectsPerSlab, pagesPerSlab, activeSlabs, slabs };
		});
}

function readPairs(text: string, pattern: RegExp, expected: string, file?: string): Record<string, number> {
	const values: Record<string, number> = {};
	for (const { line, number } of filledLines(text)) {
		const match = pattern.exec(line);
		if (match === null) return fail(line, number, expected, file);
		values[match[1] ?? ""] = Number(match[2]);
	}
	return values;
}

const filledLines = (text: string): { line: string; number: number }[] =>
	text
		.split("\n")
		.map((line, i) => ({ line: line.replace(/\r$/, ""), number: i + 1 }))
		.filter(({ line }) => line !== "");

function fail(line: string, number: number, expected: string, file?: string): never {
	const place = file === undefined ? { line: number } : { file, line: number };
	throw new InputError(`"${line.slice(0, 60)}" is not of the form "${expected}"`, place);
}
