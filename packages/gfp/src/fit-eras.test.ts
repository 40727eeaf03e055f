import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { gfpConfigsOfEra } from "./era-configs.ts";
import { erasOfMask, fitEras, releasesOfEras } from "./fit-eras.ts";
import { formatGfpWith } from "./format-gfp.ts";
import { eraOfKernel, GFP_ERAS } from "./gfp-era.ts";
import { DEFAULT_GFP_CONFIG, gfpLayoutOfEra } from "./gfp-layout.ts";

const releases = (mask: number, names: string): string =>
	releasesOfEras(fitEras(mask, names, "printk").map((fit) => fit.era));

describe("fitEras", () => {
	/** gfp-history.md §6.2, 6.3: the fingerprints by which a reader tells the era. */
	test.each([
		[0x24000c0, "GFP_KERNEL", "4.6–4.9"],
		[0x14000c0, "GFP_KERNEL", "4.10–4.17"],
		[0x6000c0, "GFP_KERNEL", "4.18–5.0"],
		[0xcc0, "GFP_KERNEL", "5.1–newest"],
		[0xa20, "GFP_ATOMIC", "5.1–6.2"],
		[0x820, "GFP_ATOMIC", "6.3–newest"],
		[0x1100cca, "GFP_HIGHUSER_MOVABLE", "5.14–5.17"],
		[0x100cca, "GFP_HIGHUSER_MOVABLE", "5.1–5.13, 5.18–newest"],
		[0x2800, "GFP_NOWAIT|__GFP_NOWARN", "5.1–6.7"],
		[0x800, "__GFP_KSWAPD_RECLAIM", "6.8–newest"],
		[0x40dc0, "GFP_KERNEL|__GFP_COMP|__GFP_ZERO", "5.1–6.14"],
		[0x40dc0, "GFP_KERNEL|__GFP_ZERO|__GFP_COMP", "6.15–newest"],
		[0, "", "4.6–newest"],
		[0xcc0, "GFP_NOFS", "none"],
		[0x2000cc0, "GFP_KERNEL|__GFP_CMA", "none"],
	])("mask %i printed as %j by dmesg is of %s", (mask, names, expected) => {
		expect(releases(mask, names)).toBe(expected);
	});

	it("finds the configuration with which the kernel prints so", () => {
		expect(fitEras(0x1000000, "__GFP_NOLOCKDEP").map((fit) => [fit.era.id, fit.config.lockdep])).toEqual([
			["6.15", true],
			["6.19", true],
			["newest", true],
		]);
		const tagged = fitEras(0x2100cca, "GFP_HIGHUSER_MOVABLE", "printk");
		expect(tagged.map((fit) => [fit.era.id, fit.config.kasanHwTags])).toContainEqual(["6.10", true]);
	});

	it("tells words of trace events from those of dmesg", () => {
		expect(fitEras(0, "none").every((fit) => fit.style === "trace")).toBe(true);
		expect(releasesOfEras(fitEras(0, "none").map((fit) => fit.era))).toBe("4.6–newest");
		expect(releasesOfEras(fitEras(0, "GFP_NOWAIT").map((fit) => fit.era))).toBe("2.6.31–4.5");
		expect(releasesOfEras(fitEras(0xd0, "GFP_KERNEL").map((fit) => fit.era))).toBe("2.6.31–4.3");
		expect(fitEras(0xd0, "GFP_KERNEL", "printk")).toEqual([]);
		expect(fitEras(0xd0, "0xd0", "printk")).toEqual([]);
	});

	it("every era with every configuration is among those that fit what it prints", () => {
		const cases = fc.constantFrom(...GFP_ERAS).chain((era) =>
			fc.record({
				era: fc.constant(era),
				config: fc.constantFrom(...gfpConfigsOfEra(era)),
				mask: fc.integer({ min: 0, max: 0xfffffff }),
			}),
		);
		fc.assert(
			fc.property(cases, ({ era, config, mask }) => {
				const text = formatGfpWith(gfpLayoutOfEra(era, config), mask, "trace");
				const fit = fitEras(mask, text, "trace").find((f) => f.era === era);
				expect(fit && formatGfpWith(gfpLayoutOfEra(era, fit.config), mask, "trace")).toBe(text);
			}),
			{ numRuns: 300 },
		);
	});
});

describe("gfpConfigsOfEra", () => {
	test.each([
		["2.6.32", 2],
		["3.10", 1],
		["4.9", 1],
		["4.12", 2],
		["5.14", 2],
		["6.1", 4],
		["6.12", 8],
		["6.19", 8],
		["newest", 4],
	])("%s has %i that differ", (kernel, count) => {
		const configs = gfpConfigsOfEra(eraOfKernel(kernel));
		expect(configs[0]).toEqual(DEFAULT_GFP_CONFIG);
		expect(configs).toHaveLength(count);
	});

	it("no other configuration gives an era anything new", () => {
		const anyConfig = fc.record({
			kmemcheck: fc.boolean(),
			lockdep: fc.boolean(),
			kasanHwTags: fc.boolean(),
			slabObjExt: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.constantFrom(...GFP_ERAS), anyConfig, (era, config) => {
				const content = (c: typeof config) => {
					const { bits, composites, printTable, bitsShift } = gfpLayoutOfEra(era, c);
					return { bits, composites, printTable, bitsShift };
				};
				expect(gfpConfigsOfEra(era).map(content)).toContainEqual(content(config));
			}),
		);
	});
});

describe("erasOfMask", () => {
	/** Bare numbers of the wild logs and of gfp-history.md §6.2; the newer readings that remain possible in the comments. */
	test.each([
		[0x201da, "2.6.31–4.3"],
		[0x280da, "2.6.31–4.3"],
		[0xd0, "2.6.31–4.3"],
		[0x50, "2.6.31–4.3"],
		[0x200d2, "2.6.31–4.3"],
		// KERNEL|NOTRACK, or DIRECT_RECLAIM|IO|FS|RECLAIMABLE.
		[0x2000d0, "2.6.31–4.3, 4.18–5.0"],
		// KERNEL, or DIRECT_RECLAIM|IO|FS|NOLOCKDEP.
		[0x24000c0, "4.4–4.9, 4.12–4.17"],
		// DIRECT_RECLAIM|WRITE|…, or HIGHUSER_MOVABLE.
		[0x14200ca, "4.4–4.17"],
		// DIRECT_RECLAIM|NOTRACK|…, or HIGHUSER_MOVABLE; 0x200000 was unused from 4.15 to 4.17.
		[0x6200ca, "4.4–4.14, 4.18–5.0"],
		[0xcc0, "5.1–newest"],
		// HIGH|NOWARN|NOFAIL, or ATOMIC; 0x200 is unused from 6.3 on.
		[0xa20, "2.6.31–6.2"],
		// WAIT|IO|FS|MOVABLE|REPEAT|NOFAIL; from 4.4 on 0x18 are two mobilities.
		[0xcd8, "2.6.31–4.3"],
		[0x0, "2.6.31–newest"],
		[0xcc5, "none"],
		[0x80000000, "none"],
	])("mask %i can be of %s", (mask, expected) => {
		expect(releasesOfEras(erasOfMask(mask))).toBe(expected);
	});

	it("knows the mask of every composite in its era", () => {
		for (const era of GFP_ERAS) {
			const { composites } = gfpLayoutOfEra(era);
			// GFP_IOFS was OR-ed to others; huge pages of 4.6 and 4.7 had no reclaim bit, but NOMEMALLOC.
			const whole = [...composites].filter(([name]) => name !== "GFP_IOFS");
			for (const [name, mask] of whole) expect([name, erasOfMask(mask).includes(era)]).toEqual([name, true]);
		}
	});
});
