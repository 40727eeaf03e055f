import { InputError } from "@pagelab/base";
import { type EventMachine, machineOfEvent, memInfoOfEvent } from "../machine/machine-of-event.ts";
import { byKernelRule, inferred, type Statement } from "../statement.ts";
import { alternativeStatements, SETTINGS_STATEMENT } from "./alternative-statements.ts";
import { type FailedRequest, type FailureEvent, failedRequest } from "./failed-request.ts";
import { fragmentationStatements } from "./fragmentation-statements.ts";
import { type FreeListPicture, freeListPictures, freeListStatements } from "./free-list-picture.ts";
import { kvmallocStatements } from "./kvmalloc-statements.ts";
import { type NofailAnswer, nofailAnswers } from "./nofail-statements.ts";
import { requestStatements } from "./request-statements.ts";
import { Rerun } from "./rerun.ts";
import { failedRung, rungWithoutMachine } from "./rung-statements.ts";

/** Why a request got no memory, as data. */
export interface FailureExplanation {
	readonly request: FailedRequest;
	/** Who asked for what, and in which context. */
	readonly what: readonly Statement[];
	/** Free lists of the report's zones, for a picture. */
	readonly pictures: readonly FreeListPicture[];
	readonly freeLists: readonly Statement[];
	readonly fragmentation: readonly Statement[];
	/** Step of the allocator that gave up, such as S16, where the decision could be taken again; and other ones that it may be. */
	readonly rung: string | null;
	readonly otherRungs: readonly string[];
	readonly decision: readonly Statement[];
	readonly kvmalloc: readonly Statement[];
	readonly nofail: readonly NofailAnswer[];
	readonly alternatives: readonly Statement[];
	readonly settings: readonly Statement[];
	/** What the log does not say and what was assumed for it. */
	readonly notes: readonly Statement[];
}

type Decision = Pick<
	FailureExplanation,
	"rung" | "otherRungs" | "decision" | "kvmalloc" | "nofail" | "alternatives" | "notes"
>;

const UNDECIDED: Decision = {
	rung: null,
	otherRungs: [],
	decision: [],
	kvmalloc: [],
	nofail: [],
	alternatives: [],
	notes: [],
};

/** Failures of vmalloc that are not about single pages. */
function isAboutAddresses(event: FailureEvent): boolean {
	return (
		event.kind === "vmalloc-failure" && event.order === null && !/allocate page|allocated/.test(event.reason ?? "")
	);
}

const ADDRESSES = byKernelRule(
	"The area itself was not to be had: vmalloc's range of addresses (or the memory of its description) was used up, or the size is more than all memory. The free lists of pages do not tell which.",
);

const allNotes = ({ kernelNote, notes }: EventMachine): Statement[] =>
	kernelNote === null ? [...notes] : [kernelNote, ...notes];

/** Decisions that are taken again: by a request whose mask and order are known, on a machine that can be made. */
function decide(event: FailureEvent, request: FailedRequest): Decision {
	const { gfp, order } = request;
	if (isAboutAddresses(event)) return { ...UNDECIDED, decision: [ADDRESSES] };
	const huge = event.kind === "vmalloc-failure" && (event.order ?? 0) > 0 ? [HUGE_VMALLOC] : [];
	if (event.kind === "allocation-warning") return { ...UNDECIDED, decision: rungWithoutMachine(event) };
	if (memInfoOfEvent(event) === null)
		return { ...UNDECIDED, decision: rungWithoutMachine(event), notes: [NO_MEM_INFO] };
	if (gfp === null || order === null) return { ...UNDECIDED, notes: [NO_REQUEST] };
	try {
		const machine = machineOfEvent(event);
		const decided = decideOn(machine, event, request, { gfp, order });
		return { ...decided, decision: [...huge, ...decided.decision], notes: allNotes(machine) };
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
		return { ...UNDECIDED, notes: [inferred(`The decision cannot be taken again: ${error.message}.`)] };
	}
}

const HUGE_VMALLOC = byKernelRule(
	"vmalloc tries huge pages first where they are allowed, and makes the whole area of single pages when that fails: this message alone does not mean that the caller got nothing.",
);

const NO_MEM_INFO = inferred("The report has no state of memory (Mem-Info), so the decision cannot be taken again.");
const NO_REQUEST = inferred(
	"Mask or order of the request are not in the log, or not known for its kernel, so the decision cannot be taken again.",
);

function decideOn(
	machine: EventMachine,
	event: FailureEvent,
	request: FailedRequest,
	{ gfp, order }: { readonly gfp: number; readonly order: number },
): Omit<Decision, "notes"> {
	const rerun = new Rerun(machine, request);
	const { rung, otherRungs, statements } = failedRung(rerun, event, request, { gfp, order });
	return {
		rung,
		otherRungs,
		decision: statements,
		kvmalloc: event.kind === "vmalloc-failure" ? [] : kvmallocStatements(machine, request, gfp, event.kernel),
		nofail: nofailAnswers(rerun, gfp, order),
		alternatives: alternativeStatements(rerun, machine, request, gfp, order),
	};
}

/**
 * Why a request got no memory: what it was, what the free lists had, which step of the allocator gave up, and what other
 * requests would have got in its place. Questions about that instant are answered by taking the decision again on the logged
 * numbers; what is assumed for it is said (basis `inferred`). Never throws for an event of `readKlog`.
 */
export function explainFailure(event: FailureEvent): FailureExplanation {
	const request = failedRequest(event);
	const memInfo = memInfoOfEvent(event);
	const pictures = memInfo === null ? [] : freeListPictures(memInfo, request.order);
	return {
		request,
		what: requestStatements(event, request),
		pictures,
		freeLists: freeListStatements(pictures, request.order, request.gfp),
		fragmentation: memInfo === null ? [] : fragmentationStatements(pictures, request.order, memInfo),
		...decide(event, request),
		// A warning is about what was asked for, which no setting changes.
		settings: event.kind === "allocation-warning" ? [] : [SETTINGS_STATEMENT],
	};
}
