import { describe, expect, test } from "vitest";
import { zoneWatermarks } from "./zone-watermarks.ts";

interface Row {
	readonly idx: number;
	readonly managed: number;
	readonly marks: readonly [min: number, low: number, high: number, promo: number];
}

const machines: readonly (readonly [
	title: string,
	minFreeKbytes: number,
	lowmemPages: number,
	rows: readonly Row[],
])[] = [
	[
		"4 GiB, 8126 kB (buddy.md §3)",
		8126,
		1_031_936,
		[
			{ idx: 0, managed: 3840, marks: [7, 10, 13, 16] },
			{ idx: 1, managed: 765_952, marks: [1507, 2272, 3037, 3802] },
			{ idx: 2, managed: 262_144, marks: [515, 777, 1039, 1301] },
		],
	],
	[
		"4 GiB, THP 67584 kB (buddy.md §3)",
		67_584,
		1_031_936,
		[
			{ idx: 0, managed: 3840, marks: [62, 77, 92, 107] },
			{ idx: 1, managed: 765_952, marks: [12_541, 15_676, 18_811, 21_946] },
			{ idx: 2, managed: 262_144, marks: [4292, 5365, 6438, 7511] },
		],
	],
	["1 GiB single zone (buddy.md §3)", 4096, 262_144, [{ idx: 2, managed: 262_144, marks: [1024, 1286, 1548, 1810] }]],
	["64 MiB single zone (buddy.md §3)", 1024, 16_384, [{ idx: 2, managed: 16_384, marks: [256, 320, 384, 448] }]],
	[
		"a live 6.18 machine with an empty Movable zone (buddy.md §15)",
		67_584,
		3_594_803,
		[
			{ idx: 0, managed: 3840, marks: [18, 22, 26, 30] },
			{ idx: 1, managed: 772_915, marks: [3632, 4540, 5448, 6356] },
			{ idx: 2, managed: 2_818_048, marks: [13_245, 16_556, 19_867, 23_178] },
			{ idx: 3, managed: 0, marks: [32, 32, 32, 32] },
		],
	],
	[
		"the recorded guest of 128 MiB (buddy.md §15)",
		1131,
		19_995,
		[
			{ idx: 0, managed: 3840, marks: [54, 67, 80, 93] },
			{ idx: 1, managed: 16_155, marks: [227, 283, 339, 395] },
		],
	],
	[
		"the recorded guest of 5 GiB (buddy.md §15)",
		67_584,
		1_258_383,
		[
			{ idx: 0, managed: 3840, marks: [51, 63, 75, 87] },
			{ idx: 1, managed: 765_643, marks: [10_280, 12_850, 15_420, 17_990] },
			{ idx: 2, managed: 488_900, marks: [6564, 8205, 9846, 11_487] },
		],
	],
];

describe.each(machines)("%s", (_, minFreeKbytes, lowmemPages, rows) => {
	test.each(rows)("zone $idx with $managed pages", ({ idx, managed, marks: [min, low, high, promo] }) => {
		const input = { minFreeKbytes, watermarkScaleFactor: 10, lowmemPages, managed, idx };
		expect(zoneWatermarks(input)).toEqual({ min, low, high, promo });
	});
});

test("Movable: min is 1/1024 of managed between 32 and 128, the distance follows from its share", () => {
	const movable = (managed: number): unknown =>
		zoneWatermarks({ minFreeKbytes: 4096, watermarkScaleFactor: 10, lowmemPages: 262_144, managed, idx: 3 });
	expect(movable(65_536)).toEqual({ min: 64, low: 129, high: 194, promo: 259 });
	expect(movable(1_048_576)).toEqual({ min: 128, low: 1176, high: 2224, promo: 3272 });
});

test("watermark_scale_factor widens the distance where it is above a quarter of min", () => {
	const input = { minFreeKbytes: 4096, lowmemPages: 262_144, managed: 262_144, idx: 2 };
	expect(zoneWatermarks({ ...input, watermarkScaleFactor: 100 })).toEqual({
		min: 1024,
		low: 3645,
		high: 6266,
		promo: 8887,
	});
	expect(zoneWatermarks({ ...input, watermarkScaleFactor: 1 })).toEqual({
		min: 1024,
		low: 1280,
		high: 1536,
		promo: 1792,
	});
});
