import { describe, expect, it, test } from "vitest";
import { formatGfp, gfpHex } from "./format-gfp.ts";
import { parseGfp } from "./parse-gfp.ts";

/** gfp.md §8. */
const PRINTED_BY_6_12: readonly [number, string][] = [
	[0xcc0, "GFP_KERNEL"],
	[0xdc0, "GFP_KERNEL|__GFP_ZERO"],
	[0x2dc0, "GFP_KERNEL|__GFP_NOWARN|__GFP_ZERO"],
	[0x8c40, "GFP_NOFS|__GFP_NOFAIL"],
	[0x42cc0, "GFP_KERNEL|__GFP_NOWARN|__GFP_COMP"],
	[0xd2cc0, "GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_NOMEMALLOC"],
	[0x152dc0, "GFP_USER|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_ZERO"],
	[0x140cca, "GFP_HIGHUSER_MOVABLE|__GFP_COMP"],
	[0x500cc2, "GFP_HIGHUSER|__GFP_ACCOUNT"],
	[0x1d24ca, "GFP_TRANSHUGE|__GFP_NORETRY"],
	[0x2820, "GFP_ATOMIC|__GFP_NOWARN"],
	[0x2800, "GFP_NOWAIT"],
	[0x820, "GFP_ATOMIC"],
	[0x400, "__GFP_DIRECT_RECLAIM"],
	[0x2c0, "__GFP_IO|__GFP_FS|0x200"],
	// Trap 1 and trap 2.
	[0x500cc0, "GFP_USER|__GFP_ACCOUNT"],
	[0x800, "__GFP_KSWAPD_RECLAIM"],
];

describe("gfp.md §8", () => {
	test.each(PRINTED_BY_6_12)("6.12 prints mask %i as %s", (mask, text) => {
		for (const kernel of ["6.11", "6.12", "v6.12.117"]) {
			expect(formatGfp(mask, { kernel, style: "printk" })).toBe(text);
			expect(formatGfp(mask, { kernel })).toBe(text);
		}
		expect(parseGfp(text)).toBe(mask);
	});

	test.each([
		[0x2800, "GFP_NOWAIT|__GFP_NOWARN"],
		[0xa20, "GFP_ATOMIC"],
		[0x820, "GFP_NOWAIT|__GFP_HIGH"],
		[0x200, "__GFP_ATOMIC"],
		[0x2e0, "__GFP_HIGH|__GFP_ATOMIC|__GFP_IO|__GFP_FS"],
	])("6.1 prints mask %i as %s", (mask, text) => {
		expect(formatGfp(mask, { kernel: "6.1.192" })).toBe(text);
	});

	it("trace events say none for 0, dmesg nothing", () => {
		expect(formatGfp(0, { kernel: "6.12" })).toBe("none");
		expect(formatGfp(0, { kernel: "6.12", style: "printk" })).toBe("");
	});

	it("NOLOCKDEP, NO_OBJ_EXT and bit 9 are a remainder up to 6.14 and named from 6.15 on", () => {
		const config = { lockdep: true };
		expect(formatGfp(0x1000cc0, { kernel: "6.12", config })).toBe("GFP_KERNEL|0x1000000");
		expect(formatGfp(0x3000cc0, { kernel: "6.12", config })).toBe("GFP_KERNEL|0x3000000");
		expect(formatGfp(0x3000cc0, { kernel: "6.15", config })).toBe("GFP_KERNEL|__GFP_NOLOCKDEP|__GFP_NO_OBJ_EXT");
	});

	it("SKIP flags are named only with memory tagging", () => {
		const config = { kasanHwTags: true };
		expect(formatGfp(0x3100cca, { kernel: "6.12", config })).toBe("GFP_HIGHUSER_MOVABLE|__GFP_SKIP_ZERO");
		expect(formatGfp(0x3100cca, { kernel: "6.12" })).toBe("GFP_HIGHUSER_MOVABLE|0x3000000");
	});
});

describe("gfp-history.md §4", () => {
	test.each([
		["6.14", 0x40dc0, "GFP_KERNEL|__GFP_COMP|__GFP_ZERO"],
		["6.15", 0x40dc0, "GFP_KERNEL|__GFP_ZERO|__GFP_COMP"],
		["4.4", 0x2080020, "GFP_ATOMIC"],
		["4.4", 0x80000, "GFP_ATOMIC"],
		["3.10", 0x201da, "GFP_HIGHUSER_MOVABLE|GFP_COLD"],
		["3.10", 0x3, "0x3"],
		["3.10", 0x1000d0, "GFP_KERNEL|GFP_KMEMCG"],
		["4.6", 0x3, "GFP_DMA|__GFP_HIGHMEM"],
		["4.14", 0x80, "__GFP_FS"],
		["2.6.32", 0x80, "0x80"],
		["4.9", 0x25200c0, "GFP_USER|__GFP_ACCOUNT"],
	])("%s prints mask %i as %s", (kernel, mask, text) => {
		expect(formatGfp(mask, { kernel })).toBe(text);
	});

	it("without KMEMCHECK the entry NOTRACK is 0 and matches any remainder", () => {
		expect(formatGfp(0xd2, { kernel: "3.4" })).toBe("GFP_KERNEL|GFP_NOTRACK|0x2");
		expect(formatGfp(0x2000d0, { kernel: "3.4", config: { kmemcheck: true } })).toBe("GFP_KERNEL|GFP_NOTRACK");
		expect(formatGfp(0xd0, { kernel: "3.4" })).toBe("GFP_KERNEL");
	});

	it("up to 4.5 dmesg has only the number, and ftrace says GFP_NOWAIT for 0", () => {
		expect(formatGfp(0xd0, { kernel: "4.5", style: "printk" })).toBe("0xd0");
		expect(formatGfp(0, { kernel: "4.5" })).toBe("GFP_NOWAIT");
	});
});

test("gfpHex prints like %#x, but 0x0 for 0", () => {
	expect([0, 0xcc0, -1].map(gfpHex)).toEqual(["0x0", "0xcc0", "0xffffffff"]);
});
