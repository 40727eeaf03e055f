import { formatGfp, gfpHex } from "@pagelab/gfp";
import { formatTaskFlags } from "@pagelab/memalloc";
import type { InnerAllocation } from "@pagelab/vmalloc";
import type { VmallocAnswer } from "./answer-vmalloc.ts";
import type { VmallocQuestion } from "./vmalloc-question.ts";
import { warningWords } from "./warning-words.ts";

function entryJson({ gfp, scoped, taskFlags, ...entry }: InnerAllocation, { kernel }: VmallocQuestion): object {
	return {
		...entry,
		gfp: gfpHex(gfp),
		gfpNames: formatGfp(gfp, { kernel }),
		scopedGfp: gfpHex(scoped),
		taskFlags: formatTaskFlags(taskFlags, kernel),
	};
}

function answerJson(answer: VmallocAnswer, question: VmallocQuestion): object {
	const { mask, end, refusal, counts, events, messages, warnings, entries, unfinished } = answer;
	return {
		mask: mask.name,
		gfp: gfpHex(mask.gfp),
		end,
		refusal: refusal ?? null,
		counts,
		events,
		warnings: warnings.map(warningWords),
		messages,
		allocations: entries.map((entry) => entryJson(entry, question)),
		...(unfinished === undefined ? {} : { unfinished: entryJson(unfinished, question) }),
	};
}

/** The whole answer, format `pagelab-why-vmalloc-1`: each inner allocation with its mask, the task's flags and its outcome. */
export function vmallocJson(question: VmallocQuestion, answers: readonly (readonly VmallocAnswer[])[]): object {
	const { call, size, kernel, contextRule, taskFlags, machine, context, assumptions, policies, notes } = question;
	return {
		format: "pagelab-why-vmalloc-1",
		call,
		size,
		kernel,
		contextRule: contextRule.id,
		taskFlags: formatTaskFlags(taskFlags, kernel),
		machine,
		context,
		assumptions,
		policies: Object.fromEntries(Object.entries(policies).map(([seam, policy]) => [seam, policy.id])),
		notes,
		rules: answers.map((own, i) => ({
			id: question.rules[i]?.id,
			kernels: question.rules[i]?.kernels,
			calls: own.map((answer) => answerJson(answer, question)),
		})),
	};
}
