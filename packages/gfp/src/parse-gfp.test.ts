import { InputError } from "@pagelab/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GfpStyle } from "./format-gfp.ts";
import { formatGfpWith } from "./format-gfp.ts";
import { GFP_ERAS } from "./gfp-era.ts";
import { type GfpConfig, type GfpLayout, gfpLayoutOfEra } from "./gfp-layout.ts";
import { parseGfp, parseGfpWith } from "./parse-gfp.ts";

const anyConfig: fc.Arbitrary<GfpConfig> = fc.record({
	kmemcheck: fc.boolean(),
	lockdep: fc.boolean(),
	kasanHwTags: fc.boolean(),
	slabObjExt: fc.boolean(),
});

/** Any 32-bit mask, or a union of masks that kernels really use. */
const maskOf = (layout: GfpLayout): fc.Arbitrary<number> =>
	fc.oneof(
		fc.integer({ min: 0, max: 0xffffffff }),
		fc
			.array(fc.constantFrom(...layout.composites.values(), ...layout.bits.values()), { maxLength: 6 })
			.map((masks) => masks.reduce((sum, mask) => sum | mask, 0) >>> 0),
	);

/** 4.4 and 4.5 print GFP_ATOMIC for the composite and for its one bit: without the rest of the composite it is lost. */
const losesAtomic = (layout: GfpLayout, mask: number): boolean => {
	const composite = layout.composites.get("GFP_ATOMIC") as number;
	const bit = layout.bits.get("ATOMIC") ?? 0;
	return layout.era.printTable === "ft-4.4" && (mask & bit) !== 0 && (mask & composite) !== composite;
};

describe.each(GFP_ERAS)("kernel $first to $last", (era) => {
	it.each(["trace", "printk"] as const)("parses what it prints in %s style", (style: GfpStyle) => {
		const cases = anyConfig.chain((config) => {
			const layout = gfpLayoutOfEra(era, config);
			return fc.record({ layout: fc.constant(layout), mask: maskOf(layout) });
		});
		fc.assert(
			fc.property(cases, ({ layout, mask }) => {
				const text = formatGfpWith(layout, mask, style);
				const parsed = parseGfpWith(layout, text, style);
				if (style === "trace" && losesAtomic(layout, mask)) expect(formatGfpWith(layout, parsed, style)).toBe(text);
				else expect(parsed).toBe(mask);
			}),
			{ numRuns: 300 },
		);
	});
});

describe("parseGfp", () => {
	it.each([
		["GFP_KERNEL|__GFP_NOFAIL", "6.12", 0x8cc0],
		["GFP_KERNEL_ACCOUNT|__GFP_COMP|__GFP_ZERO", "6.12", 0x440dc0],
		[" GFP_KERNEL | __GFP_NOWARN ", "6.12", 0x2cc0],
		["0x140cca", "6.12", 0x140cca],
		["none", "6.12", 0],
		["", "6.12", 0],
		["GFP_NOWAIT", "6.12", 0x2800],
		["GFP_NOWAIT", "6.6", 0x800],
		["GFP_ATOMIC", "6.1", 0xa20],
		["GFP_KERNEL", "3.10", 0xd0],
		["GFP_KERNEL|GFP_REPEAT", "3.10", 0x4d0],
		["__GFP_WAIT|__GFP_IO", "3.16", 0x50],
		["__GFP_WAIT|__GFP_IO", "6.12", 0xc40],
		["GFP_KERNEL|__GFP_REPEAT", "6.12", 0x4cc0],
		["GFP_KERNEL|GFP_NOTRACK", "6.12", 0xcc0],
		["GFP_KERNEL|__GFP_NOTRACK", "4.9", 0x26000c0],
		["GFP_TEMPORARY", "6.12", 0xcd0],
		["GFP_IOFS", "4.18", 0xc0],
		["GFP_THISNODE", "3.10", 0x40000],
		["GFP_THISNODE|__GFP_ZERO", "3.10", 0x49200],
		["GFP_KERNEL|GFP_ATOMIC", "4.4", 0x24800c0],
		["GFP_ATOMIC", "4.4", 0x2080020],
		["__GFP_NOLOCKDEP", "6.12", 0],
	])("%s in %s", (text, kernel, mask) => {
		expect(parseGfp(text, { kernel })).toBe(mask);
	});

	it("takes bits of the configuration only where it has them", () => {
		expect(parseGfp("__GFP_NOLOCKDEP", { config: { lockdep: true } })).toBe(0x1000000);
		expect(parseGfp("__GFP_NO_OBJ_EXT", { config: { lockdep: true } })).toBe(0x2000000);
		expect(parseGfp("__GFP_SKIP_KASAN_POISON", { config: { kasanHwTags: true } })).toBe(0x2000000);
	});

	it.each([
		["__GFP_NOFIAL", {}, 'unknown gfp flag "__GFP_NOFIAL" in kernel 6.10–6.14, did you mean __GFP_NOFAIL?'],
		["gfp_kernel", {}, 'unknown gfp flag "gfp_kernel" in kernel 6.10–6.14, did you mean GFP_KERNEL?'],
		["GFP_KERNEL|", {}, 'unknown gfp flag "" in kernel 6.10–6.14, expected names joined by | or a 0x number'],
		["0x123456789", {}, "unknown gfp flag"],
		["__GFP_ATOMIC", {}, "gfp flag __GFP_ATOMIC does not exist in kernel 6.10–6.14, only in 4.4–6.2: since 6.3"],
		["__GFP_ACCOUNT", { kernel: "3.10" }, "does not exist in kernel 3.8–3.15, only in 4.5–newest"],
		["__GFP_KMEMCG", { kernel: "3.3" }, "gfp flag __GFP_KMEMCG does not exist in kernel 3.3–3.5, only in 3.8–3.15"],
	])("refuses %j", (text, options, message) => {
		expect(() => parseGfp(text, options)).toThrow(InputError);
		expect(() => parseGfp(text, options)).toThrow(message);
	});

	it("says where the unknown name stands", () => {
		let error: unknown;
		try {
			parseGfp("GFP_KERNEL| __GFP_FOO");
		} catch (e) {
			error = e;
		}
		expect(error).toMatchObject({ position: { offset: 12 } });
	});
});
