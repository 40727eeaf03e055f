import { expect, test } from "vitest";
import { normalStatThreshold, percpuDriftMark, pressureStatThreshold } from "./stat-threshold.ts";

const DMA = { min: 7, low: 10, high: 13 };
const DMA32 = { min: 1507, low: 2272, high: 3037 };
const NORMAL = { min: 515, low: 777, high: 1039 };

test("normal thresholds of 4 GiB with 4 CPUs: 6, 36, 30 (buddy.md §5)", () => {
	expect([3840, 765_952, 262_144].map((managed) => normalStatThreshold(4, managed))).toEqual([6, 36, 30]);
});

test("a live machine with 2 CPUs: 4, 24, 32 (buddy.md §15)", () => {
	expect([3840, 772_915, 2_818_048].map((managed) => normalStatThreshold(2, managed))).toEqual([4, 24, 32]);
});

test("one CPU: 2 below 128 MiB, then 4, 6, 8, 10, 12 (buddy.md §5)", () => {
	const zones = [3840, 32_767, 32_768, 65_536, 131_072, 262_144, 524_288];
	expect(zones.map((managed) => normalStatThreshold(1, managed))).toEqual([2, 2, 4, 6, 8, 10, 12]);
});

test("no threshold is above 125", () => {
	expect(normalStatThreshold(4096, 2 ** 30)).toBe(125);
	expect(pressureStatThreshold(1, { min: 0, low: 1000, high: 2000 })).toBe(125);
});

test("with 4 CPUs only DMA has a drift mark: 37 (buddy.md §5)", () => {
	expect(percpuDriftMark(4, 6, DMA)).toBe(37);
	expect(percpuDriftMark(4, 36, DMA32)).toBe(0);
	expect(percpuDriftMark(4, 30, NORMAL)).toBe(0);
	// Equality is no drift.
	expect(percpuDriftMark(1, 3, DMA)).toBe(0);
});

test("under pressure DMA goes from 6 to 1", () => {
	expect(pressureStatThreshold(4, DMA)).toBe(1);
	expect(pressureStatThreshold(4, NORMAL)).toBe(65);
});
