import { asGfp, asTaskFlags, KERNEL_IDS } from "@pagelab/base";
import type { MallocContext } from "@pagelab/contracts";
import {
	formatGfp,
	GFP,
	GFP_ATOMIC,
	GFP_KERNEL,
	GFP_KERNEL_ACCOUNT,
	GFP_NOFS,
	GFP_NOIO,
	GFP_NOWAIT,
} from "@pagelab/gfp";
import { createTask, kernelScopes, noreclaimScopes, PF, PREEMPT } from "@pagelab/memalloc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inferGfp } from "./infer-gfp.ts";
import { inferenceGap } from "./inference-gap.ts";
import { explicitMalloc, inferredMalloc } from "./malloc-policies.ts";
import { RUST_FLAGS, rustAllocators, rustPieces, rustSpelling } from "./rust-flags.ts";

const contextOf = (more: Partial<MallocContext> & { flags?: number } = {}): MallocContext => {
	const { flags = 0, ...rest } = more;
	return {
		task: createTask("m", 1, flags),
		preemptCount: 0,
		rtTask: false,
		irqsDisabled: false,
		preemptCountKnown: true,
		...rest,
	};
};
const RULES = [kernelScopes, noreclaimScopes];

describe("the mask that the context means", () => {
	test.each([
		["a task", {}, GFP_KERNEL],
		["under a spinlock", { preemptCount: 1 }, GFP_NOWAIT],
		["under a spinlock that does not show", { preemptCount: 1, preemptCountKnown: false }, GFP_KERNEL],
		["with interrupts off", { irqsDisabled: true }, GFP_NOWAIT],
		["with softirqs off", { preemptCount: PREEMPT.SOFTIRQ_DISABLE_OFFSET }, GFP_NOWAIT],
		["in a softirq", { preemptCount: PREEMPT.SOFTIRQ_OFFSET }, GFP_ATOMIC],
		["in a hardirq", { preemptCount: PREEMPT.HARDIRQ_OFFSET, irqsDisabled: true }, GFP_ATOMIC],
		["in an NMI", { preemptCount: PREEMPT.NMI_OFFSET, preemptCountKnown: false }, GFP_ATOMIC],
	])("%s", (_, context, gfp) => {
		expect(inferGfp(contextOf(context))).toBe(gfp);
	});

	test("scopes are applied by both policies; the explicit one needs a mask", () => {
		const nofs = contextOf({ flags: PF.MEMALLOC_NOFS });
		expect(inferredMalloc(kernelScopes).maskOf(nofs, undefined)).toBe(GFP_NOFS);
		expect(explicitMalloc(kernelScopes).maskOf(nofs, GFP_KERNEL)).toBe(GFP_NOFS);
		expect(() => explicitMalloc(kernelScopes).maskOf(nofs, undefined)).toThrow("malloc without a mask");
		const noreclaim = contextOf({ flags: PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOWARN });
		expect(inferredMalloc(noreclaimScopes).maskOf(noreclaim, undefined)).toBe(0x28c0);
	});
});

const bits = Object.values(GFP).filter((bit) => (bit & (bit - 1)) === 0);
const anyMask = fc.subarray(bits).map((some) => some.reduce<number>((mask, bit) => mask | bit, 0));
const composites = fc.constantFrom(GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT, GFP_ATOMIC, GFP_KERNEL_ACCOUNT);
const scopeBits = [
	PF.MEMALLOC_NOFS,
	PF.MEMALLOC_NOIO,
	PF.MEMALLOC_PIN,
	PF.MEMALLOC_NORECLAIM,
	PF.MEMALLOC_NOWARN,
	PF.MEMALLOC,
];
const anyContext = fc
	.record({
		flags: fc.subarray(scopeBits).map((some) => some.reduce<number>((flags, bit) => flags | bit, 0)),
		preemptCount: fc.constantFrom(0, 1, 2, 0x100, 0x200, 0x10000, 0x100000, 0x10001),
		irqsDisabled: fc.boolean(),
		preemptCountKnown: fc.boolean(),
	})
	.map(contextOf);

describe("where the inferred mask equals the explicit one", () => {
	test("a gap tells every bit that differs, once, and nothing else: no gap is equality", () => {
		fc.assert(
			fc.property(fc.oneof(anyMask, composites), anyContext, fc.constantFrom(...RULES), (explicit, context, rule) => {
				const gap = inferenceGap(explicit, context, rule);
				const passed = explicitMalloc(rule).maskOf(context, asGfp(explicit));
				const inferred = inferredMalloc(rule).maskOf(context, undefined);
				expect(gap.length === 0).toBe(passed === inferred);
				const added = gap.filter((g) => g.side === "only explicit").reduce((mask, g) => mask | g.bit, 0);
				const removed = gap.filter((g) => g.side === "only inferred").reduce((mask, g) => mask | g.bit, 0);
				expect(((inferred | added) & ~removed) >>> 0).toBe(passed);
				expect(new Set(gap.map((g) => g.bit)).size).toBe(gap.length);
			}),
			{ numRuns: 3000 },
		);
	});

	/** Mask and context of code as it is written, and what keeps the mask from being inferred. */
	const ROWS: readonly (readonly [what: string, gfp: number, context: MallocContext, gaps: readonly string[]])[] = [
		["GFP_KERNEL in a task", GFP_KERNEL, contextOf(), []],
		["GFP_KERNEL in a NOFS scope", GFP_KERNEL, contextOf({ flags: PF.MEMALLOC_NOFS }), []],
		["GFP_NOFS in a NOFS scope", GFP_NOFS, contextOf({ flags: PF.MEMALLOC_NOFS }), []],
		["GFP_NOIO in a NOIO scope", GFP_NOIO, contextOf({ flags: PF.MEMALLOC_NOIO }), []],
		["GFP_NOWAIT under a spinlock", GFP_NOWAIT, contextOf({ preemptCount: 1 }), []],
		["GFP_ATOMIC in a hardirq", GFP_ATOMIC, contextOf({ preemptCount: 0x10000 }), []],
		["GFP_NOFS without a scope", GFP_NOFS, contextOf(), ["a restriction without a scope around it"]],
		["GFP_NOIO without a scope", GFP_NOIO, contextOf(), ["a restriction without a scope around it"]],
		[
			"GFP_NOWAIT under a btree lock, which is a sleeping lock",
			GFP_NOWAIT,
			contextOf(),
			[
				"a restriction without a scope around it",
				"the caller could wait here, and chose not to",
				"what happens on failure is the caller's plan",
			],
		],
		[
			"GFP_ATOMIC under a spinlock",
			GFP_ATOMIC,
			contextOf({ preemptCount: 1 }),
			["how much the request matters is the caller's judgement", "what happens on failure is the caller's plan"],
		],
		[
			"GFP_NOWAIT under a spinlock that does not show",
			GFP_NOWAIT,
			contextOf({ preemptCount: 1, preemptCountKnown: false }),
			["the context may not sleep, which this kernel does not show", "what happens on failure is the caller's plan"],
		],
		[
			"GFP_KERNEL under a spinlock",
			GFP_KERNEL,
			contextOf({ preemptCount: 1 }),
			["the context may not sleep, so the caller's mask is a bug", "what happens on failure is the caller's plan"],
		],
		["NOFAIL", GFP_KERNEL | GFP.NOFAIL, contextOf(), ["what happens on failure is the caller's plan"]],
		["NORETRY", GFP_KERNEL | GFP.NORETRY, contextOf(), ["what happens on failure is the caller's plan"]],
		["zeroed memory", GFP_KERNEL | GFP.ZERO, contextOf(), ["what the memory is for is the caller's knowledge"]],
		["accounted memory", GFP_KERNEL_ACCOUNT, contextOf(), ["who pays is the caller's knowledge"]],
		["DMA memory", GFP_KERNEL | GFP.DMA, contextOf(), ["where the memory may lie is the caller's knowledge"]],
	];

	test.each(ROWS)("%s", (_, gfp, context, gaps) => {
		const reasons = [...new Set(inferenceGap(gfp, context, kernelScopes).map((gap) => gap.reason))];
		expect(reasons.toSorted()).toEqual([...gaps].toSorted());
	});

	test("a task whose scope was opened for somebody else is restricted where it need not be (K1's price)", () => {
		const gap = inferenceGap(GFP_KERNEL, contextOf({ flags: PF.MEMALLOC_NORECLAIM }), noreclaimScopes);
		expect(gap).toEqual([]);
		expect(
			formatGfp(inferredMalloc(noreclaimScopes).maskOf(contextOf({ flags: PF.MEMALLOC_NORECLAIM }), undefined)),
		).not.toContain("DIRECT_RECLAIM");
		expect(asTaskFlags(PF.MEMALLOC_NORECLAIM)).toBe(0x800000);
	});
});

describe("Rust's allocation flags (thread.md §4)", () => {
	test("6.11 has six, 6.12.117 one more and two allocators more", () => {
		const namesOf = (kernel: (typeof KERNEL_IDS)[number]): string[] =>
			RUST_FLAGS.filter((flag) => flag.kernels.includes(kernel)).map((flag) => flag.name);
		expect(namesOf("v6.11")).toEqual([
			"__GFP_ZERO",
			"__GFP_HIGHMEM",
			"GFP_ATOMIC",
			"GFP_KERNEL",
			"GFP_KERNEL_ACCOUNT",
			"GFP_NOWAIT",
		]);
		expect(namesOf("v6.12.117").filter((name) => !namesOf("v6.11").includes(name))).toEqual(["__GFP_NOWARN"]);
		expect(KERNEL_IDS.map((id) => rustAllocators(id).length)).toEqual([1, 1, 3]);
	});

	test("pieces are disjoint, cover all bits, and every constant is made of whole ones", () => {
		for (const kernel of KERNEL_IDS) {
			const pieces = rustPieces(kernel);
			expect(pieces.reduce((all, piece) => all + piece, 0)).toBe(0xffff_ffff);
			for (const flag of RUST_FLAGS.filter((f) => f.kernels.includes(kernel))) {
				expect(rustSpelling(flag.mask, kernel)).toEqual({ expressible: true, inseparable: 0 });
			}
		}
	});

	test("any expression of the constants is expressible, and any expressible mask is an expression of them", () => {
		const constants = RUST_FLAGS.map((flag) => flag.mask);
		const { expression } = fc.letrec<{ expression: number }>((tie) => ({
			expression: fc.oneof(
				{ maxDepth: 6 },
				fc.constantFrom(...constants),
				fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => (a | b) >>> 0),
				fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => (a & b) >>> 0),
				tie("expression").map((a) => ~a >>> 0),
			),
		}));
		fc.assert(fc.property(expression, (mask) => rustSpelling(mask, "v6.12.117").expressible));
		// Closing the constants under the three operations makes 2^pieces masks, each a union of pieces.
		const closed = new Set(constants);
		// The set grows while it is walked, so the walk ends when nothing new comes out.
		for (const a of closed) {
			closed.add(~a >>> 0);
			for (const b of constants) closed.add((a & b) >>> 0).add((a | b) >>> 0);
		}
		expect(closed.size).toBe(2 ** rustPieces("v6.12.117").length);
	});

	test.each([
		["GFP_KERNEL | __GFP_ZERO", GFP_KERNEL | GFP.ZERO, 0],
		["GFP_KERNEL without kswapd", GFP_KERNEL & ~GFP.KSWAPD_RECLAIM, 0],
		["GFP_NOWAIT without NOWARN", GFP.KSWAPD_RECLAIM, 0],
		["__GFP_HIGH", GFP.HIGH, 0],
		["GFP_NOFS", GFP_NOFS, GFP.IO | GFP.DIRECT_RECLAIM],
		["GFP_NOIO", GFP_NOIO, GFP.DIRECT_RECLAIM],
		["GFP_KERNEL | __GFP_NOFAIL", GFP_KERNEL | GFP.NOFAIL, GFP.NOFAIL],
		["GFP_KERNEL | __GFP_NORETRY", GFP_KERNEL | GFP.NORETRY, GFP.NORETRY],
		["__GFP_DMA32", GFP.DMA32, GFP.DMA32],
	])("%s", (_, mask, inseparable) => {
		for (const kernel of KERNEL_IDS) {
			expect(rustSpelling(mask, kernel)).toEqual({ expressible: inseparable === 0, inseparable });
		}
	});
});
