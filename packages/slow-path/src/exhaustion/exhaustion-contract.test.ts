import { GFP } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { exhaustionPolicyViolations } from "./exhaustion-contract.ts";
import { EXHAUSTION, type ExhaustionAnswer, type ExhaustionPolicy, type NofailRequest } from "@pagelab/contracts";

const GOOD: ExhaustionPolicy = {
	id: "good",
	claim: "c",
	proposedBy: "p",
	source: "s",
	retryTicks: 10,
	budgetTicks: 100,
	atEntry: () => EXHAUSTION.KERNEL,
	whenExhausted: ({ waitedTicks }) => (waitedTicks < 100 ? EXHAUSTION.RETRY : EXHAUSTION.HANG),
};

const clauses = (changes: Partial<ExhaustionPolicy>): string[] =>
	exhaustionPolicyViolations({ ...GOOD, ...changes }).map((v) => v.clause);

describe("each clause is broken by a policy that breaks it, and by that alone", () => {
	test("a good one breaks none", () => {
		expect(exhaustionPolicyViolations(GOOD)).toEqual([]);
	});

	let calls = 0;
	test.each<[string, Partial<ExhaustionPolicy>]>([
		["answers every mask", { whenExhausted: ({ gfp }) => ((gfp & GFP.THISNODE) === 0 ? 0 : (7 as ExhaustionAnswer)) }],
		["answers the same twice", { whenExhausted: () => (calls++ % 2 === 0 ? EXHAUSTION.KERNEL : EXHAUSTION.FAIL) }],
		["waits at entry", { atEntry: ({ order }) => (order > 3 ? EXHAUSTION.RETRY : EXHAUSTION.KERNEL) }],
		[
			"refuses a legal request at entry",
			{ atEntry: ({ order }) => (order === 1 ? EXHAUSTION.FAIL : EXHAUSTION.KERNEL) },
		],
		["a retry without end", { whenExhausted: () => EXHAUSTION.RETRY }],
		["waits no whole ticks", { retryTicks: 2.5 }],
		[
			"changes the request",
			{
				atEntry: (request) => {
					(request as { -readonly [K in keyof NofailRequest]: NofailRequest[K] }).exhaustions = 1;
					return EXHAUSTION.KERNEL;
				},
			},
		],
	])("%s", (clause, changes) => {
		expect(clauses(changes)).toEqual([clause]);
	});

	test("the first request that shows it is told", () => {
		const [violation] = exhaustionPolicyViolations({ ...GOOD, atEntry: ({ order }) => (order === 1 ? 1 : 0) });
		expect(violation?.request).toMatchObject({ order: 1 });
	});
});
