import { InputError } from "@pagelab/base";
import type { VmallocRules } from "@pagelab/contracts";
import { GFP, GFP_ATOMIC, GFP_KERNEL_ACCOUNT, GFP_NOFS, GFP_NOIO, GFP_NOWAIT, GFP_USER } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { unexpectedGfp } from "../entry-points.ts";
import { rulesA } from "./rules-a.ts";
import { rulesC } from "./rules-c.ts";
import { rulesD } from "./rules-d.ts";
import { findVmallocRules, VMALLOC_RULES } from "./vmalloc-rules.ts";

type Switch = { [K in keyof VmallocRules]: VmallocRules[K] extends { value: boolean } ? K : never }[keyof VmallocRules];

test.each([
	["A", "A"],
	["a", "A"],
	["6.11", "A"],
	["v6.12", "A"],
	["6.16", "B"],
	["6.18", "B"],
	["6.19", "C"],
	["v7.0", "C"],
	["7.1", "D"],
	["d", "D"],
])("%s names rule %s", (name, id) => {
	expect(findVmallocRules(name).id).toBe(id);
});

test.each([
	["E", 'unknown vmalloc rule "E", expected one of A, 6.11, 6.12, B, 6.16, 6.17, 6.18, C, 6.19, 7.0, D, 7.1'],
	["6.2", "did you mean 6."],
	["6.119", "did you mean 6.11?"],
	["kernel", "expected one of A"],
])("%s names none", (name, sentence) => {
	expect(() => findVmallocRules(name)).toThrow(InputError);
	expect(() => findVmallocRules(name)).toThrow(sentence);
});

/** vmalloc-2025.md §11 and §5, as of A, B, C and D. */
test.each<[Switch, readonly [boolean, boolean, boolean, boolean]]>([
	["kmallocLegNonBlocking", [false, true, true, true]],
	["kvmallocNonBlockVmalloc", [false, false, true, true]],
	["scopeNonBlock", [false, false, true, true]],
	["scopeRetryFlags", [false, false, false, true]],
	["nonBlockNeverSleeps", [false, false, true, true]],
	["vmallocLargeOrderFirst", [false, false, true, true]],
	["deferredFailureFree", [false, false, true, true]],
	["failureSizeAskedFor", [false, false, false, true]],
	["mightAllocSkipsPfMemalloc", [false, false, true, true]],
])("%s", (name, expected) => {
	expect(VMALLOC_RULES.map((rules) => rules[name].value)).toEqual(expected);
	for (const rules of VMALLOC_RULES) expect(rules[name].source).toMatch(/\.md §/);
});

describe("the filter of __vmalloc(), vmalloc-2025.md §4", () => {
	const dropped = (rules: VmallocRules, gfp: number): number => unexpectedGfp(rules, gfp, "v6.12.117");

	test("supported masks pass", () => {
		const nofail = GFP_NOFS | GFP.NOFAIL | GFP.ZERO;
		for (const gfp of [GFP_KERNEL_ACCOUNT, GFP_ATOMIC, GFP_NOWAIT, GFP_NOIO, GFP_USER | GFP.NORETRY, nofail]) {
			expect([dropped(rulesC, gfp), dropped(rulesD, gfp)]).toEqual([0, 0]);
		}
	});

	test.each([
		"DMA",
		"DMA32",
		"HIGHMEM",
		"MOVABLE",
		"RECLAIMABLE",
		"MEMALLOC",
		"NOMEMALLOC",
		"THISNODE",
		"COMP",
	] as const)("__GFP_%s is dropped by C and D, and passes in A", (bit) => {
		const gfp = GFP_NOFS | GFP[bit];
		expect([rulesA, rulesC, rulesD].map((rules) => dropped(rules, gfp))).toEqual([0, GFP[bit], GFP[bit]]);
	});

	test("RETRY_MAYFAIL is known to D only", () => {
		const { RETRY_MAYFAIL } = GFP;
		expect([dropped(rulesC, RETRY_MAYFAIL), dropped(rulesD, RETRY_MAYFAIL)]).toEqual([RETRY_MAYFAIL, 0]);
	});
});
