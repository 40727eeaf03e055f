import { describe, expect, test } from "vitest";
import { pcpLimits, zoneBatchsize } from "./pcp-limits.ts";

describe("limits (buddy.md §11 and §15)", () => {
	test.each([
		["4 GiB, 4 CPUs, DMA", 3840, 10, 4, 1, 4, 120],
		["4 GiB, 4 CPUs, DMA32", 765_952, 2272, 4, 63, 568, 23_936],
		["4 GiB, 4 CPUs, Normal", 262_144, 777, 4, 63, 252, 8192],
		["1 GiB zone, 4 CPUs", 262_144, 1286, 4, 63, 321, 8192],
		["64 MiB, 1 CPU", 16_384, 320, 1, 3, 320, 2048],
		["live machine, 2 CPUs, DMA", 3840, 22, 2, 1, 11, 240],
		["live machine, 2 CPUs, DMA32", 772_915, 4540, 2, 63, 2270, 48_307],
		["live machine, 2 CPUs, Normal", 2_818_048, 16_556, 2, 63, 8278, 176_128],
		["guest of 128 MiB, DMA", 3840, 67, 1, 1, 67, 480],
		["guest of 128 MiB, DMA32", 16_155, 283, 1, 3, 283, 2019],
		["guest of 5 GiB, DMA", 3840, 63, 1, 1, 63, 480],
		["guest of 5 GiB, DMA32", 765_643, 12_850, 1, 63, 12_850, 95_705],
		["guest of 5 GiB, Normal", 488_900, 8205, 1, 63, 8205, 61_112],
	])("%s", (_, managed, lowWmark, cpus, batch, highMin, highMax) => {
		expect(pcpLimits({ managed, lowWmark, cpus, highFraction: 0 })).toEqual({ batch, highMin, highMax });
	});

	test("percpu_pagelist_high_fraction switches the tuning off", () => {
		const input = { managed: 262_144, lowWmark: 777, cpus: 4 };
		expect(pcpLimits({ ...input, highFraction: 8 })).toEqual({ batch: 63, highMin: 8192, highMax: 8192 });
		expect(pcpLimits({ ...input, highFraction: 100_000 })).toEqual({ batch: 63, highMin: 252, highMax: 252 });
	});
});

test("batch grows in steps of 2^n - 1 up to 63", () => {
	// 256 MiB is the first size with the largest batch: 64 + 32 rounds down to 64.
	const sizes = [0, 1, 8191, 8192, 12_288, 24_576, 49_152, 98_304, 172_032, 176_128, 262_144, 2 ** 28];
	expect(sizes.map(zoneBatchsize)).toEqual([1, 1, 1, 1, 3, 7, 15, 31, 31, 63, 63, 63]);
});
