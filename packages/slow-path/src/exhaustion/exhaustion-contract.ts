import { MAX_PAGE_ORDER, pagesOfOrder } from "@pagelab/base";
import { type AllocContext, EXHAUSTION, type ExhaustionPolicy, type NofailRequest } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { createTask, PF, PREEMPT } from "@pagelab/memalloc";
import { policyMasks } from "../policy-masks.ts";

/** One broken clause of the contract with the first request that shows it. */
export interface ExhaustionViolation {
	readonly clause:
		| "answers every mask"
		| "answers the same twice"
		| "waits at entry"
		| "refuses a legal request at entry"
		| "a retry without end"
		| "waits no whole ticks"
		| "changes the request";
	readonly request: NofailRequest | undefined;
}
type Clause = ExhaustionViolation["clause"];

const ANSWERS: readonly unknown[] = Object.values(EXHAUSTION);
/** Pages of the machines asked about: one on which order 10 is more than all, and a usual one. */
const TOTALS = [500, 2 ** 20];
const ORDERS = [0, 1, 2, 3, 4, MAX_PAGE_ORDER, MAX_PAGE_ORDER + 1, 52];

const contextOf = (flags: number, preemptCount: number, oomVictim: boolean): AllocContext => {
	const task = createTask("contract", 1, flags);
	task.oomVictim = oomVictim;
	return { task, preemptCount, rtTask: false };
};

const CONTEXTS: readonly AllocContext[] = [
	contextOf(0, 0, false),
	contextOf(0, PREEMPT.HARDIRQ_OFFSET, false),
	contextOf(PF.MEMALLOC, 0, false),
	contextOf(0, 0, true),
];

/** A request that the kernel promises to serve: it may sleep, it is small, and the machine could have the pages. */
function isLegal({ gfp, order, context, totalPages }: NofailRequest): boolean {
	const mayWait = (gfp & GFP.DIRECT_RECLAIM) !== 0 && context.preemptCount === 0;
	return mayWait && (context.task.flags & PF.MEMALLOC) === 0 && order <= 1 && pagesOfOrder(order) <= totalPages;
}

/** Asks until it no longer waits. @returns false for a policy that goes on after its budget. */
function endsWithinBudget(policy: ExhaustionPolicy, request: NofailRequest): boolean {
	const rounds = Math.ceil(policy.budgetTicks / policy.retryTicks) + 1;
	// Asked at the beginning, and when the budget is spent: in between, the answer does not matter.
	const spent = { ...request, exhaustions: rounds, waitedTicks: rounds * policy.retryTicks };
	return policy.whenExhausted(spent) !== EXHAUSTION.RETRY;
}

function brokenClauses(policy: ExhaustionPolicy, request: NofailRequest): Clause[] {
	const broken: Clause[] = [];
	const atEntry = policy.atEntry(request);
	const exhausted = policy.whenExhausted(request);
	if (!ANSWERS.includes(atEntry) || !ANSWERS.includes(exhausted)) broken.push("answers every mask");
	if (policy.atEntry(request) !== atEntry || policy.whenExhausted(request) !== exhausted) {
		broken.push("answers the same twice");
	}
	if (atEntry === EXHAUSTION.RETRY) broken.push("waits at entry");
	if (isLegal(request) && atEntry !== EXHAUSTION.KERNEL) broken.push("refuses a legal request at entry");
	if (!endsWithinBudget(policy, request)) broken.push("a retry without end");
	return broken;
}

const isTicks = (n: number, least: number): boolean => Number.isSafeInteger(n) && n >= least;

/** A request that throws where it is written to, as strict code does for what is frozen. */
const frozen = (request: NofailRequest): NofailRequest => Object.freeze({ ...request });

/**
 * The contract of every exhaustion policy, tried on 4096 masks × orders × contexts × machines. Returns the first request for
 * each broken clause, so an empty array is a policy that keeps it. A policy is given nothing that could allocate memory of the
 * model, and answers with numbers, so that asking it makes no object either.
 */
export function exhaustionPolicyViolations(policy: ExhaustionPolicy): readonly ExhaustionViolation[] {
	const found = new Map<Clause, ExhaustionViolation>();
	const note = (clause: Clause, request: NofailRequest | undefined): void => {
		if (!found.has(clause)) found.set(clause, { clause, request });
	};
	if (!isTicks(policy.retryTicks, 1) || !isTicks(policy.budgetTicks, 0)) note("waits no whole ticks", undefined);
	for (const gfp of policyMasks(GFP.NOFAIL)) {
		for (const order of ORDERS) {
			for (const context of CONTEXTS) {
				for (const totalPages of TOTALS) {
					const request = frozen({ gfp, order, context, totalPages, exhaustions: 0, waitedTicks: 0 });
					try {
						for (const clause of brokenClauses(policy, request)) note(clause, request);
					} catch (error) {
						if (!(error instanceof TypeError)) throw error;
						note("changes the request", request);
					}
				}
			}
		}
	}
	return [...found.values()];
}
