import { describe, expect, test } from "vitest";
import { DEFAULT_LOWMEM_RESERVE_RATIO, lowmemReserves, totalReserveOfZone } from "./lowmem-reserve.ts";

const reserves = (managed: readonly number[], ofEmptyZone: "accumulated" | "zero" = "accumulated"): number[][] =>
	lowmemReserves(managed, DEFAULT_LOWMEM_RESERVE_RATIO, ofEmptyZone);
const NONE = [0, 0, 0, 0, 0];

describe("4 GiB: DMA 3840, DMA32 765952, Normal 262144 (buddy.md §4)", () => {
	const managed = [3840, 765_952, 262_144, 0, 0];

	test("6.12.117 carries the accumulated value to empty zones", () => {
		expect(reserves(managed)).toEqual([[0, 2992, 4016, 4016, 4016], [0, 0, 1024, 1024, 1024], NONE, NONE, NONE]);
	});

	test("6.11 and 6.12.0 write 0 there", () => {
		expect(reserves(managed, "zero")).toEqual([[0, 2992, 4016, 0, 0], [0, 0, 1024, 0, 0], NONE, NONE, NONE]);
	});

	test("totalreserve: 8940 pages", () => {
		const [dma = [], dma32 = [], normal = []] = reserves(managed);
		expect(totalReserveOfZone(3840, dma, 13)).toBe(3840);
		expect(totalReserveOfZone(765_952, dma32, 3037)).toBe(4061);
		expect(totalReserveOfZone(262_144, normal, 1039)).toBe(1039);
	});
});

test("a live 6.18 machine (buddy.md §15)", () => {
	expect(reserves([3840, 772_915, 2_818_048, 0, 0]).slice(0, 3)).toEqual([
		[0, 3019, 14_027, 14_027, 14_027],
		[0, 0, 11_008, 11_008, 11_008],
		NONE,
	]);
});

test("the recorded guests (buddy.md §15)", () => {
	expect(reserves([3840, 16_155, 0, 0, 0])[0]).toEqual([0, 63, 63, 63, 63]);
	const [dma, dma32] = reserves([3840, 765_643, 488_900, 0, 0]);
	expect(dma).toEqual([0, 2990, 4900, 4900, 4900]);
	expect(dma32).toEqual([0, 0, 1909, 1909, 1909]);
	expect(totalReserveOfZone(3840, [0, 63, 63, 63, 63], 80) + totalReserveOfZone(16_155, NONE, 339)).toBe(482);
	expect(
		totalReserveOfZone(3840, dma ?? [], 75) +
			totalReserveOfZone(765_643, dma32 ?? [], 15_420) +
			totalReserveOfZone(488_900, NONE, 9846),
	).toBe(31_015);
});

test("an empty zone keeps nothing, a ratio of 0 keeps nothing, a Movable zone above counts", () => {
	expect(reserves([0, 765_952, 262_144, 0, 0])[0]).toEqual(NONE);
	expect(lowmemReserves([3840, 2560, 0, 0, 0], [0, 256, 32, 0, 0], "accumulated")[0]).toEqual(NONE);
	expect(reserves([0, 0, 3200, 6400, 0])[2]).toEqual([0, 0, 0, 200, 200]);
});
