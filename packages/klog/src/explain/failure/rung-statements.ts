import { COMPACT_RESULT, type CompactResult } from "@pagelab/contracts";
import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import { byKernelRule, inferred, type Statement } from "../statement.ts";
import type { FailedRequest, FailureEvent } from "./failed-request.ts";
import type { Rerun, RerunAnswer } from "./rerun.ts";

const COMPACTION_WORDS: Readonly<Record<number, string>> = {
	[COMPACT_RESULT.SKIPPED]: "compaction was skipped for want of free pages",
	[COMPACT_RESULT.DEFERRED]: "compaction was put off after earlier failures",
	[COMPACT_RESULT.COMPLETE]: "compaction ran and found nothing",
};

/** The rung on which a request failed, by taking its decision again. */
export interface FailedRung {
	/** Rung of the likeliest assumption, such as S16; null where the request got a page or goes on. */
	readonly rung: string | null;
	/** Rungs of the other assumptions about compaction, where they differ. */
	readonly otherRungs: readonly string[];
	readonly statements: readonly Statement[];
}

interface Variant {
	readonly compaction: CompactResult;
	readonly answer: RerunAnswer;
}

/** Compaction makes a difference only where the request came to it. */
const cameToCompaction = ({ entries }: RerunAnswer): boolean =>
	entries.some(({ rung }) => rung === "S5" || rung === "S14");

function assumptionText({ answer, compaction }: Variant): string {
	const words = cameToCompaction(answer) ? `, ${COMPACTION_WORDS[compaction] ?? ""}` : "";
	return `reclaim, which had run before the report was printed, finds no more${words}`;
}

const because = ({ why }: RerunAnswer): string => (why === "" ? "" : `: ${why}`);

const lastLook = ({ zones }: RerunAnswer): Statement[] =>
	zones.length > 0 ? [inferred(`Its last look at the free lists: ${zones.join("; ")}.`)] : [];

function nullStatements(likely: Variant, other: Variant | undefined): Statement[] {
	const { answer } = likely;
	const reclaims = answer.entries.some(({ rung }) => rung === "S13" || rung === "S5");
	const assumed = reclaims ? ` Assumed: ${assumptionText(likely)}.` : "";
	const otherwise =
		other === undefined
			? []
			: [
					inferred(
						`If ${COMPACTION_WORDS[other.compaction]} instead, it fails at step ${other.answer.rung}${because(other.answer)}.`,
					),
				];
	return [
		inferred(
			`Taken again on the numbers of the report, the request fails at step ${answer.rung} of the allocator${because(answer)}.${assumed}`,
		),
		...otherwise,
		...lastLook(answer),
	];
}

/** The report shows the machine a little after the failure. */
function pageStatements(answer: RerunAnswer): Statement[] {
	const rung = answer.entries.at(-1)?.rung ?? "";
	return [
		inferred(
			`Taken again on the numbers of the report, the request gets a page of zone ${answer.zone} (step ${rung}): either memory was freed before the report was printed, or the blocks are of migratetypes that it may not use, which the letters leave open.`,
		),
		...lastLook(answer),
	];
}

/** Masks whose requests end in NULL by the allocator's own rules (slowpath.md §8). */
const MAY_FAIL = GFP.NORETRY | GFP.RETRY_MAYFAIL | GFP.THISNODE | GFP.DMA | GFP.DMA32;

const neverFails = (gfp: number, order: number, { taskFlags }: FailedRequest): boolean =>
	(gfp & GFP.DIRECT_RECLAIM) !== 0 && (gfp & MAY_FAIL) === 0 && order <= PAGE_ALLOC_COSTLY_ORDER && taskFlags === 0;

const NEVER_FAILS = byKernelRule(
	"By the rules of the allocator a request of this mask and order does not fail: it goes on until memory comes back. What made it fail is not in the report. Ways are: the OOM killer had chosen its task as a victim, the OOM killer was disabled for suspending, the task had PF_MEMALLOC, a cgroup's limit, or fault injection.",
);
const WAITS = byKernelRule("By the rules of the allocator it goes on until memory comes back.");

/** The decision taken again under each thing that compaction may have done. */
export function failedRung(
	rerun: Rerun,
	event: FailureEvent,
	request: FailedRequest,
	asked: { readonly gfp: number; readonly order: number },
): FailedRung {
	const { gfp, order } = asked;
	const [likely, other] = rerun
		.compactionResults(asked)
		.map((compaction): Variant => ({ compaction, answer: rerun.ask({ gfp, order, compaction }) })) as [
		Variant,
		Variant,
	];
	const { answer } = likely;
	const hint = event.kind === "allocation-stall" ? [WAITS] : neverFails(gfp, order, request) ? [NEVER_FAILS] : [];
	if (answer.end === "page") return { rung: null, otherRungs: [], statements: [...pageStatements(answer), ...hint] };
	if (answer.end !== "NULL") return { rung: null, otherRungs: [], statements: hint.length > 0 ? hint : [WAITS] };
	const differs = other.answer.rung !== null && other.answer.rung !== answer.rung;
	return {
		rung: answer.rung,
		otherRungs: differs && other.answer.rung !== null ? [other.answer.rung] : [],
		statements: nullStatements(likely, differs ? other : undefined),
	};
}

/** What is known of the step without a state of memory to take the decision on. */
export function rungWithoutMachine(event: FailureEvent): Statement[] {
	if (event.kind === "allocation-warning") return warningStatements(event.cause);
	if (event.kind === "slab-failure") {
		return [
			byKernelRule(
				"A slab is asked for twice: in the preferred order without reclaim, then in the smallest order with the caller's own mask. Both failed; the allocator's own report, if it was not held back, stands beside this one.",
			),
		];
	}
	return [];
}

function warningStatements(cause: "order-too-large" | "nofail" | "other"): Statement[] {
	if (cause === "order-too-large") {
		return [
			inferred("The warning of __alloc_pages() is about an order above the largest one."),
			byKernelRule(
				"Such a request fails at step E1, before anything is tried, and whatever its mask says: __GFP_NOFAIL does not help. The warning is printed once in a boot, so later ones are silent.",
			),
		];
	}
	if (cause === "nofail") {
		return [
			inferred(
				"The warning is about __GFP_NOFAIL where it cannot be kept: an order above 1, a caller that must not sleep, or a task with PF_MEMALLOC. It is printed once in a boot and says nothing of how the request ended.",
			),
		];
	}
	return [];
}
