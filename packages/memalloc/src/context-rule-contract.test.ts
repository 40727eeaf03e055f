import { asGfp, asTaskFlags, type Gfp } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { contextRuleViolations, unsafeNesting } from "./context-rule-contract.ts";
import type { ContextRule } from "./context-rule.ts";
import { kernelScopes } from "./kernel-scopes.ts";
import { bitsOf, enumerateMasks, subsetsOf } from "./mask-enumeration.ts";
import { noreclaimScopes } from "./noreclaim-scopes.ts";
import { nowaitScopes } from "./nowait-scopes.ts";
import { PF } from "./task-flags.ts";

const ON = PF.MEMALLOC_NOFS;

/** A rule with one scope bit. */
const ruleWith = (inScope: (gfp: number, flags: number) => number, scopeFlags: number = ON): ContextRule => ({
	id: "test",
	claim: "",
	source: "",
	scopeFlags: asTaskFlags(scopeFlags),
	narrow: (flags, gfp) => ((flags & scopeFlags) === 0 ? gfp : asGfp(inScope(gfp, flags))),
});

const clauses = (rule: ContextRule): readonly string[] => contextRuleViolations(rule).map((v) => v.clause);

describe("each clause of the contract is tripped by a rule that breaks it", () => {
	test("adds a permission", () => {
		expect(clauses(ruleWith((gfp) => gfp | GFP.IO))).toEqual(["adds a permission", "a further scope permits more"]);
	});
	test("drops a restriction", () => {
		expect(clauses(ruleWith((gfp) => gfp & ~GFP.NOMEMALLOC))).toEqual(["drops a restriction"]);
	});
	test("narrowing twice differs", () => {
		const shifts = ruleWith((gfp) => ((gfp & GFP.FS) !== 0 ? gfp & ~GFP.FS : gfp & ~GFP.IO));
		expect(clauses(shifts)).toEqual(["narrowing twice differs"]);
	});
	test("changes a mask without scope", () => {
		const always: ContextRule = { ...kernelScopes, narrow: (_flags, gfp) => asGfp(gfp & ~GFP.MOVABLE) };
		expect(clauses(always)).toEqual(["changes a mask without scope"]);
	});
	test("reads a flag outside of scopeFlags", () => {
		const hidden: ContextRule = {
			...noreclaimScopes,
			scopeFlags: asTaskFlags(noreclaimScopes.scopeFlags & ~PF.MEMALLOC_PIN),
		};
		expect(clauses(hidden)).toEqual(["reads a flag outside of scopeFlags"]);
	});
	test("a further scope permits more", () => {
		// NOFS is forgotten once NOIO is set, and NOIO forgets to clear FS.
		const both = PF.MEMALLOC_NOFS | PF.MEMALLOC_NOIO;
		const forgets = ruleWith((gfp, f) => gfp & ~((f & PF.MEMALLOC_NOIO) === 0 ? GFP.FS : GFP.IO), both);
		expect(clauses(forgets)).toEqual(["a further scope permits more"]);
	});
	test("not an unsigned mask", () => {
		// What a rule returns that forgets `>>> 0` after setting bit 31.
		const minus = (gfp: Gfp): Gfp => (gfp - 2 ** 32) as Gfp;
		const signed: ContextRule = { ...ruleWith((gfp) => gfp), narrow: (_flags, gfp) => minus(gfp) };
		expect(clauses(signed)).toContain("not an unsigned mask");
	});
});

test("a violation shows its input and output", () => {
	expect(contextRuleViolations(ruleWith((gfp) => gfp & ~GFP.NOMEMALLOC))).toEqual([
		{ clause: "drops a restriction", flags: ON, gfp: GFP.NOMEMALLOC, narrowed: 0 },
	]);
});

test("the enumeration is complete: every subset once, ascending, and the bits that the issue names are in it", () => {
	expect(subsetsOf(0b1011)).toEqual([0, 1, 2, 3, 8, 9, 10, 11]);
	expect(bitsOf(0x80000005)).toEqual([1, 4, 0x80000000]);
	const masks = enumerateMasks();
	expect(masks).toHaveLength(2 ** 14);
	expect(new Set(masks).size).toBe(masks.length);
	const named = GFP.IO | GFP.FS | GFP.RECLAIM | GFP.NOFAIL | GFP.NOWARN | GFP.HIGH | GFP.MOVABLE;
	expect(masks).toContain(named);
	expect(masks).toEqual(masks.toSorted((a, b) => a - b));
});

/** Rows of §6 that masks alone decide, as hypothetical scopes of one bit. */
const set = (bit: number): ContextRule => ruleWith((gfp) => gfp | bit);
const clear = (bit: number): ContextRule => ruleWith((gfp) => gfp & ~bit);
const isSafe = (rule: ContextRule): boolean =>
	unsafeNesting(rule, ON) === undefined && contextRuleViolations(rule).length === 0;

describe("which scopes are safe for everything nested in them (memalloc-scopes.md §6)", () => {
	test("NOFS, NOIO and PIN are, under every rule, together and alone", () => {
		for (const rule of [kernelScopes, noreclaimScopes, nowaitScopes()]) {
			for (const scope of subsetsOf(kernelScopes.scopeFlags)) expect(unsafeNesting(rule, scope)).toBeUndefined();
		}
	});
	test("NOWARN is", () => {
		expect(unsafeNesting(noreclaimScopes, PF.MEMALLOC_NOWARN)).toBeUndefined();
	});
	test("NORECLAIM is not: a nested NOFAIL may fail (claim H1)", () => {
		const found = { gfp: GFP.DIRECT_RECLAIM | GFP.NOFAIL, narrowed: GFP.NOFAIL, harm: "nofail-may-fail" };
		expect(unsafeNesting(noreclaimScopes, PF.MEMALLOC_NORECLAIM)).toEqual(found);
		expect(unsafeNesting(nowaitScopes(), PF.MEMALLOC_NORECLAIM)).toEqual(found);
	});

	test.each([
		["set IO", set(GFP.IO), false],
		["set FS", set(GFP.FS), false],
		["clear IO", clear(GFP.IO), true],
		["clear FS", clear(GFP.FS), true],
		["set DIRECT_RECLAIM", set(GFP.DIRECT_RECLAIM), false],
		["clear DIRECT_RECLAIM", clear(GFP.DIRECT_RECLAIM), false],
		["clear NOFAIL", clear(GFP.NOFAIL), false],
		["set NOWARN", set(GFP.NOWARN), true],
		["clear NOWARN", clear(GFP.NOWARN), true],
		["clear MOVABLE (PIN)", clear(GFP.MOVABLE), true],
		["set MOVABLE", set(GFP.MOVABLE), false],
		["set HIGHMEM", set(GFP.HIGHMEM), false],
		["set ZERO", set(GFP.ZERO), true],
	] as const)("%s", (_name, rule, safe) => {
		expect(isSafe(rule)).toBe(safe);
	});
	test("setting DIRECT_RECLAIM lets an atomic request sleep", () => {
		expect(unsafeNesting(set(GFP.DIRECT_RECLAIM), ON)?.harm).toBe("atomic-may-sleep");
	});
});
