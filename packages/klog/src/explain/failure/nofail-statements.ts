import { type ExhaustionPolicy, EXHAUSTION } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { EXHAUSTION_POLICIES, p4LoopForEver, TICKS_PER_JIFFY } from "@pagelab/slow-path";
import { inferred, type Statement } from "../statement.ts";
import type { Rerun, RerunAnswer } from "./rerun.ts";

/** What __GFP_NOFAIL would have done under one exhaustion policy. */
export interface NofailAnswer {
	/** Such as p1-only-if-impossible. */
	readonly policy: string;
	readonly proposedBy: string;
	readonly end: RerunAnswer["end"];
	/** What happens, as a clause such as `it gets a page of zone Normal`. */
	readonly outcome: string;
	readonly statement: Statement;
}

/** Enough rounds to see that nothing changes any more. */
const LOOP_JIFFIES = 50;

const shortLoops = (policy: ExhaustionPolicy): ExhaustionPolicy =>
	policy.id === p4LoopForEver().id ? p4LoopForEver({ budgetTicks: LOOP_JIFFIES * TICKS_PER_JIFFY }) : policy;

const ENDED: Readonly<Record<number, string>> = {
	[EXHAUSTION.BUG]: "the kernel stops at a BUG",
	[EXHAUSTION.KILL]: "the caller is killed where it stands, with whatever locks it holds",
	[EXHAUSTION.HANG]: "the caller loops for ever, with whatever locks it holds",
};

function endText(answer: RerunAnswer): string {
	switch (answer.end) {
		case "page":
			return `it gets a page of zone ${answer.zone}${answer.kills > 0 ? ", after the OOM killer has killed a task" : ""}`;
		case "NULL":
			return "it returns NULL all the same, with a warning";
		case "ended":
			return ENDED[answer.entries.at(-1)?.numbers?.["answer"] ?? 0] ?? "the caller does not come back";
		default:
			return `it does not return until others free memory${killText(answer)}`;
	}
}

function killText({ ooms, kills }: RerunAnswer): string {
	if (kills > 0) return "; meanwhile the OOM killer kills";
	return ooms > 0 ? "; the OOM killer is asked but may not kill for it" : "; nobody is killed for it";
}

/** The same request with __GFP_NOFAIL: it takes the place of the other retry modifiers. */
export const nofailMask = (gfp: number): number => (gfp & ~(GFP.NORETRY | GFP.RETRY_MAYFAIL)) | GFP.NOFAIL;

/** What the request would have done with __GFP_NOFAIL under each exhaustion policy (P0 is the kernel as it is). */
export const nofailAnswers = (rerun: Rerun, gfp: number, order: number): NofailAnswer[] =>
	EXHAUSTION_POLICIES.map((policy) => {
		const answer = rerun.ask({ gfp: nofailMask(gfp), order, exhaustion: shortLoops(policy) });
		const { id, proposedBy } = policy;
		const outcome = endText(answer);
		const statement = inferred(`With __GFP_NOFAIL under ${id} (${proposedBy}): ${outcome}.`);
		return { policy: id, proposedBy, end: answer.end, outcome, statement };
	});
