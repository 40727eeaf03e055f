import { describe, expect, test } from "vitest";
import { calculateMinFreeKbytes, freeBufferPages, raisedMinFreeKbytes } from "./min-free-kbytes.ts";

const zone = (managed: number, highWmark = 0): { managed: number; highWmark: number } => ({ managed, highWmark });
const MIB = 256;

describe("calculate_min_free_kbytes() by lowmem (buddy.md §3)", () => {
	test.each([
		[16, 512],
		[64, 1024],
		[256, 2048],
		[1024, 4096],
		[4 * 1024, 8192],
		[16 * 1024, 16_384],
		[64 * 1024, 32_768],
		[256 * 1024, 65_536],
		[1024 * 1024, 131_072],
		[4 * 1024 * 1024, 262_144],
	])("%i MiB: %i kB", (mib, kb) => {
		expect(calculateMinFreeKbytes([zone(mib * MIB)])).toBe(kb);
	});

	test("the reference machine of 4 GiB: isqrt(16 * 4127744) = 8126", () => {
		expect(calculateMinFreeKbytes([zone(3840), zone(765_952), zone(262_144)])).toBe(8126);
	});

	test("the recorded guest of 128 MiB", () => {
		expect(calculateMinFreeKbytes([zone(3840), zone(16_155)])).toBe(1131);
	});

	test("it stays between 128 and 262144 kB", () => {
		expect(calculateMinFreeKbytes([zone(1)])).toBe(128);
		expect(calculateMinFreeKbytes([zone(2 ** 30), zone(2 ** 30)])).toBe(262_144);
	});

	test("later calls leave out what zones keep below their high marks, and zones that are all below", () => {
		expect(freeBufferPages([zone(1000, 300), zone(100, 300), zone(50, 50)])).toBe(700);
		expect(calculateMinFreeKbytes([zone(64 * MIB + 384, 384)])).toBe(1024);
	});
});

describe("the THP raise (buddy.md §3)", () => {
	test("three zones: 16896 pages = 67584 kB, the value of most x86 desktops", () => {
		expect(raisedMinFreeKbytes([zone(3840, 13), zone(765_952, 3037), zone(262_144, 1039)], 8126)).toBe(67_584);
	});

	test("two zones, as on a guest of 1 GiB: 45056 kB", () => {
		expect(raisedMinFreeKbytes([zone(3840), zone(250_000)], 4000)).toBe(45_056);
	});

	test("at most 1/20 of the pages above the high marks, and never lower than before", () => {
		// 147600 pages: 7380 of them are 29520 kB, the value recorded on a guest of 589 MiB with three zones on two nodes.
		expect(raisedMinFreeKbytes([zone(3840, 240), zone(70_000, 500), zone(75_000, 500)], 3000)).toBe(29_520);
		expect(raisedMinFreeKbytes([zone(3840), zone(765_952), zone(262_144)], 70_000)).toBe(70_000);
	});
});
