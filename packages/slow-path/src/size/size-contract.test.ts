import { GFP } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { sizePolicyViolations } from "./size-contract.ts";
import { SIZE_VERDICT, type SizePolicy, type SizeRequest, type SizeVerdict } from "@pagelab/contracts";

const { ALLOW, REFUSE } = SIZE_VERDICT;
const GOOD: SizePolicy = {
	id: "good",
	claim: "c",
	proposedBy: "p",
	source: "s",
	sameForNofail: true,
	judge: ({ bytes }) => (bytes > 2 ** 20 ? REFUSE : ALLOW),
};

const clauses = (judge: SizePolicy["judge"], sameForNofail = true): string[] =>
	sizePolicyViolations({ ...GOOD, judge, sameForNofail }).map((v) => v.clause);

describe("each clause is broken by a policy that breaks it, and by that alone", () => {
	test("a good one breaks none", () => {
		expect(sizePolicyViolations(GOOD)).toEqual([]);
	});

	test.each<[string, SizePolicy["judge"]]>([
		["answers every mask", ({ bytes }) => (bytes > 2 ** 30 ? (3 as SizeVerdict) : ALLOW)],
		["allows more than it refuses", ({ bytes }) => (bytes === 2 ** 20 ? REFUSE : ALLOW)],
		["refuses a single page", ({ bytes }) => (bytes >= 4096 ? REFUSE : ALLOW)],
		["differs for __GFP_NOFAIL", ({ bytes, gfp }) => (bytes > 2 ** 20 && (gfp & GFP.NOFAIL) !== 0 ? REFUSE : ALLOW)],
		[
			"changes the request",
			(request) => {
				(request as { -readonly [K in keyof SizeRequest]: SizeRequest[K] }).bytes = 1;
				return ALLOW;
			},
		],
	])("%s", (clause, judge) => {
		expect(clauses(judge)).toEqual([clause]);
	});

	test("answers the same twice", () => {
		let flips = 0;
		expect(clauses(({ bytes }) => (bytes > 2 ** 45 ? ((flips++ % 2) as SizeVerdict) : ALLOW), false)).toContain(
			"answers the same twice",
		);
	});

	test("a policy that says so may differ for __GFP_NOFAIL", () => {
		expect(clauses(({ bytes, gfp }) => (bytes > 2 ** 20 && (gfp & GFP.NOFAIL) !== 0 ? REFUSE : ALLOW), false)).toEqual(
			[],
		);
	});
});
