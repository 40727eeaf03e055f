import { InputError } from "@pagelab/base";
import { expect, test } from "vitest";
import { isProcSnapshot, readProcMeminfo, readProcSlabinfo, readProcVmstat, splitProcSnapshot } from "../index.ts";

test("meminfo: kB and counts of huge pages", () => {
	const text = "MemTotal:       16303428 kB\nActive(anon):     123 kB\r\nHugePages_Total:       3\n";
	expect(readProcMeminfo(text)).toEqual({ MemTotal: 16303428, "Active(anon)": 123, HugePages_Total: 3 });
});

test("vmstat, with counters that went below zero", () => {
	expect(readProcVmstat("nr_free_pages 5129\nnr_isolated_anon -2\n")).toEqual({
		nr_free_pages: 5129,
		nr_isolated_anon: -2,
	});
});

test("slabinfo", () => {
	const text = [
		"slabinfo - version: 2.1",
		"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>",
		"kmalloc-64          6400   6528     64   64    1 : tunables    0    0    0 : slabdata    100    102      0",
	].join("\n");
	expect(readProcSlabinfo(text)).toEqual([
		{
			name: "kmalloc-64",
			activeObjects: 6400,
			objects: 6528,
			objectBytes: 64,
			objectsPerSlab: 64,
			pagesPerSlab: 1,
			activeSlabs: 100,
			slabs: 102,
		},
	]);
});

test("a line of another file is refused with its place", () => {
	const read = (act: () => unknown): string => {
		try {
			act();
		} catch (error) {
			if (error instanceof InputError) return error.describe();
		}
		return "accepted";
	};
	expect(read(() => readProcMeminfo("MemTotal: 1 kB\nnr_free 7", "meminfo"))).toBe(
		'meminfo:2: "nr_free 7" is not of the form "NAME: N kB"',
	);
	expect(read(() => readProcVmstat("nr_free_pages: 7"))).toBe('1: "nr_free_pages: 7" is not of the form "NAME N"');
	expect(read(() => readProcSlabinfo("kmalloc-64 1 2"))).toContain("is not of the form");
});

test("several files in one text, as tail prints them", () => {
	const text = "==> /proc/buddyinfo <==\nNode 0, zone DMA 1\n\n==> /proc/vmstat <==\nnr_free_pages 7\n";
	expect(isProcSnapshot(text)).toBe(true);
	expect(splitProcSnapshot(text)).toEqual([
		{ name: "buddyinfo", text: "Node 0, zone DMA 1\n", line: 2 },
		{ name: "vmstat", text: "nr_free_pages 7\n", line: 5 },
	]);
	expect(isProcSnapshot("[    1.0] Linux version 6.1")).toBe(false);
	expect(splitProcSnapshot("nothing")).toEqual([]);
});
