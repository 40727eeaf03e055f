import { EXHAUSTION, type ExhaustionAnswer, type ExhaustionPolicy, type NofailRequest } from "@pagelab/contracts";
import { isBadContext, isTooBigEver } from "./impossible.ts";

const answer = (request: NofailRequest): ExhaustionAnswer =>
	isTooBigEver(request) || isBadContext(request) ? EXHAUSTION.FAIL : EXHAUSTION.KERNEL;

/** P1: what can never be served fails at once, before anything is tried; all else never fails. */
export const p1OnlyIfImpossible: ExhaustionPolicy = {
	id: "p1-only-if-impossible",
	claim:
		"NOFAIL means: fail only if it is impossible, because of size or context. Then many error paths need not be written.",
	proposedBy: "Overstreet",
	source: "thread.md §2 K3, K6, §3",
	retryTicks: 1,
	budgetTicks: 0,
	atEntry: answer,
	whenExhausted: answer,
};
