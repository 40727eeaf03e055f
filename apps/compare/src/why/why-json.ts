import { formatGfp, gfpHex } from "@pagelab/gfp";
import { formatTaskFlags } from "@pagelab/memalloc";
import { type AttemptEntry, describeAttempt, formatAllocFlags } from "@pagelab/slow-path";
import type { AnsweredSide } from "./render-why.ts";
import { describedRequest, endLine, ruleLines } from "./why-lines.ts";
import type { WhyQuestion } from "./why-question.ts";

const entryJson = (entry: AttemptEntry, what: string): object => ({
	rung: entry.rung,
	round: entry.round,
	outcome: entry.outcome,
	...(what === "" ? {} : { what }),
	...(entry.allocFlags === undefined ? {} : { allocFlags: formatAllocFlags(entry.allocFlags) }),
	...(entry.numbers === undefined ? {} : { numbers: entry.numbers }),
	...(entry.tests === undefined
		? {}
		: { tests: entry.tests.map(({ zone, ...test }) => ({ node: zone.node, zone: zone.name, ...test })) }),
});

/** The first rungs that differ between two attempts, one for each, or null. */
function partsAt(a: readonly AttemptEntry[], b: readonly AttemptEntry[]): (string | null)[] | null {
	const at = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).find(
		(i) => a[i]?.rung !== b[i]?.rung || a[i]?.outcome !== b[i]?.outcome,
	);
	return at === undefined ? null : [a[at]?.rung ?? null, b[at]?.rung ?? null];
}

/** The whole answer, format `pagelab-why-1`: every entry of the attempt traces. */
export function whyJson(question: WhyQuestion, sides: readonly AnsweredSide[]): object {
	const answered = sides.map(({ side, answers }) => ({
		id: side.id,
		kernel: side.kernel,
		contextRule: side.contextRule.id,
		requests: answers.map((answer) => {
			const described = describedRequest(side, answer, question.state);
			const { gfp, order, taskFlags, title } = answer.request;
			return {
				...(title === undefined ? {} : { title }),
				gfp: gfpHex(gfp),
				gfpNames: formatGfp(gfp, { kernel: side.kernel }),
				scopedGfp: gfpHex(answer.scopedGfp),
				order,
				taskFlags: formatTaskFlags(taskFlags, side.kernel),
				end: answer.end,
				result: endLine(answer),
				counts: answer.counts,
				rules: ruleLines(question.rules, side, answer),
				rungs: answer.entries.map((entry) => entryJson(entry, describeAttempt(entry, described).what)),
			};
		}),
	}));
	const [a = [], b = []] = sides.map(({ answers: [first] }) => first?.entries ?? []);
	const { machine, context, assumptions, policies, notes } = question;
	return {
		format: "pagelab-why-1",
		machine,
		context,
		assumptions,
		policies: Object.fromEntries(Object.entries(policies).map(([seam, policy]) => [seam, policy.id])),
		notes,
		sides: answered,
		...(sides.length === 2 ? { partsAt: partsAt(a, b) } : {}),
	};
}
