import type { OomAnswer, OomPolicy, OomView } from "@pagelab/contracts";
import { describe, expect, test } from "vitest";
import { oomPolicyViolations } from "./oom-policy-contract.ts";
import { enumerateOomHistories } from "./oom-view-enumeration.ts";
import { kernel6 } from "./policies/kernel-6.ts";
import { systemdOomd } from "./policies/systemd-oomd.ts";

/** A kernel policy that answers as `change` says. */
const policyWith = (change: (answer: OomAnswer, view: OomView) => Partial<OomAnswer>, base = kernel6): OomPolicy => ({
	...base,
	decide: (view, memory) => {
		const answer = base.decide(view, memory);
		return { ...answer, ...change(answer, view) };
	},
});
/** One of five histories: enough to find what is planted. */
const SOME = [...enumerateOomHistories()].filter((_, i) => i % 5 === 0);
const clauses = (policy: OomPolicy): string[] => oomPolicyViolations(policy, SOME).map(({ clause }) => clause);
const rankAll = (view: OomView, which: (task: OomView["tasks"][number]) => boolean): OomAnswer["ranking"] =>
	view.tasks.filter(which).map(({ pid }) => ({ pids: [pid], points: 0 }));

describe("a planted break of each clause is found", () => {
	let calls = 0;
	const daemon = systemdOomd();

	test.each<[string, OomPolicy]>([
		["ranks an exempt task", policyWith((_, view) => ({ ranking: rankAll(view, (t) => t.kind !== "user") }))],
		[
			"ranks a dying task",
			policyWith((_, view) => ({
				ranking: rankAll(
					view,
					(t) => t.oomMm !== undefined && t.mm?.oomSkip === false && t.kind === "user" && t.oomScoreAdj > -1000,
				),
			})),
		],
		["ranks a pid that is not there", policyWith(() => ({ ranking: [{ pids: [12_345], points: 1 }] }))],
		[
			"ranks a pid that is not there",
			policyWith(({ ranking }) => ({ ranking: ranking.map((c) => ({ ...c, chosenPid: 9 })) })),
		],
		["ranks a pid twice", policyWith(({ ranking }) => ({ ranking: [...ranking, ...ranking] }))],
		["ranks nobody in a candidate", policyWith(() => ({ ranking: [{ pids: [], points: 1 }] }))],
		["two answers to one question", policyWith(() => ({ why: `call ${calls++}` }))],
		["the kernel kills unasked", policyWith(() => ({ act: "kill" }))],
		["a daemon kills nobody", policyWith(() => ({ act: "kill", ranking: [] }), daemon)],
		["a daemon does not say when to ask again", policyWith(() => ({ pollMs: 0 }), daemon)],
		[
			"throws",
			policyWith(() => {
				throw new RangeError("oh");
			}),
		],
		[
			"changes the view",
			policyWith((_, view) => {
				(view.tasks as unknown[]).reverse();
				return {};
			}),
		],
		[
			"changes its memory in place",
			{
				...kernel6,
				decide: (view, memory) => {
					(memory as Record<string, number>)["n"] = (memory["n"] ?? 0) + 1;
					return kernel6.decide(view, memory);
				},
			},
		],
	])("%s", (clause, policy) => {
		expect(clauses(policy)).toContain(clause);
	});

	test("a daemon that signals who is going already", () => {
		const rude = policyWith(
			(_, view) => ({
				act: "wait",
				ranking: rankAll(
					view,
					(t) =>
						t.exiting === true &&
						t.kind === "user" &&
						t.oomMm === undefined &&
						t.mm?.oomSkip === false &&
						t.oomScoreAdj > -1000,
				),
			}),
			daemon,
		);
		expect(clauses(rude)).toEqual(["ranks a dying task"]);
		// In the kernel that is allowed: the killer gives such a task reserves instead of a signal.
		expect(clauses({ ...rude, runsIn: "kernel" })).toEqual([]);
	});
});

test("a violation shows what was seen and answered", () => {
	const [violation] = oomPolicyViolations(policyWith(() => ({ ranking: [{ pids: [77], points: 1 }] })));
	expect(violation?.view.tasks).toEqual([]);
	expect(violation?.memory).toEqual({});
	expect(violation?.shows).toContain('"pids":[77]');
});

test("it is tried on views in which somebody dies, waits and does not know, and only on those given", () => {
	const acts = new Map<string, number>();
	const counting = policyWith((answer) => {
		acts.set(answer.act, (acts.get(answer.act) ?? 0) + 1);
		return {};
	}, systemdOomd());
	expect(oomPolicyViolations(counting)).toEqual([]);
	for (const act of ["kill", "wait", "unknown"]) expect(acts.get(act)).toBeGreaterThan(100);
	expect(SOME.length).toBeGreaterThan(300);
	expect(new Set(SOME.map((history) => history.length))).toEqual(new Set([3]));
	const rogue = policyWith(() => ({ ranking: [{ pids: [77], points: 1 }] }));
	expect(oomPolicyViolations(rogue, [])).toEqual([]);
});
