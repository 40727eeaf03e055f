import { type Gfp, InvariantError } from "@pagelab/base";
import {
	ALLOC_WARNING,
	type AllocContext,
	type AllocRequest,
	EXHAUSTION,
	type ExhaustionAnswer,
	type ExhaustionPolicy,
	MM_EVENT,
	NO_PAGE,
} from "@pagelab/contracts";
import { ALLOC, GFP } from "@pagelab/gfp";
import { delay, type Steps } from "@pagelab/sim";
import type { AllocEnv } from "./alloc-env.ts";
import { attemptBeyondCpuset } from "./attempt.ts";
import { COND_RESCHED } from "./cond-resched.ts";
import { warnNofailAtNopage } from "./nofail-warnings.ts";
import { totalPagesOf } from "./prepare-request.ts";
import { PreparedRequest } from "./prepared-request.ts";
import { warnAllocFailure } from "./warn-alloc-failure.ts";
import { warnOnceGfp } from "./warn-once.ts";

/** What S21 hands back beside pfns and NO_PAGE: another round, from S7. */
export const CLIMB_AGAIN = -2;

/** Whether the exhaustion seam has a say: a __GFP_NOFAIL request, and a policy that is not simply the kernel. */
export const obeysExhaustionPolicy = (env: AllocEnv, { gfp }: { readonly gfp: number }): boolean =>
	env.exhaustion !== undefined && (gfp & GFP.NOFAIL) !== 0;

/** Brings the view up to date that a policy answers from. */
function viewOf(env: AllocEnv, r: PreparedRequest, policy: ExhaustionPolicy): PreparedRequest {
	r.totalPages = totalPagesOf(env);
	r.waitedTicks = env.clock === undefined ? r.exhaustions * policy.retryTicks : env.clock.now - r.startTicks;
	return r;
}

function startView(env: AllocEnv, r: PreparedRequest): void {
	r.exhaustions = 0;
	r.startTicks = env.clock?.now ?? 0;
}

const ENDS = {
	[EXHAUSTION.BUG]: ALLOC_WARNING.NOFAIL_BUG,
	[EXHAUSTION.KILL]: ALLOC_WARNING.NOFAIL_KILLED,
	[EXHAUSTION.HANG]: ALLOC_WARNING.NOFAIL_HANGS,
} as const;

/** The task stays here, with all that it holds. */
function* stay(env: AllocEnv, r: PreparedRequest, answer: keyof typeof ENDS): Steps<never> {
	env.events.emit(MM_EVENT.WARN, ENDS[answer]);
	env.trace?.note(r, "S21", "ended", { numbers: { answer } });
	const queue = env.graveyard;
	if (queue === undefined) throw new InvariantError("an exhaustion policy ended a task, but there is no graveyard");
	for (;;) yield { kind: "wait", queue };
}

/** Answers of a policy that end the request: NULL with a warning, or no return at all. */
function* end(env: AllocEnv, r: PreparedRequest, answer: Exclude<ExhaustionAnswer, 0 | 2>): Steps<number> {
	if (answer !== EXHAUSTION.FAIL) return yield* stay(env, r, answer);
	warnOnceGfp(env, r, "S21", ALLOC_WARNING.NOFAIL_FAILED);
	return warnAllocFailure(env, r, "S21");
}

/**
 * Asks the policy before the first attempt.
 *
 * @returns false: the request ends in NULL. Never returns where the policy ends the task.
 */
export function* nofailAtEntry(env: AllocEnv, r: PreparedRequest): Steps<boolean> {
	const policy = env.exhaustion;
	if (policy === undefined) return true;
	startView(env, r);
	const answer = policy.atEntry(viewOf(env, r, policy));
	if (answer === EXHAUSTION.KERNEL || answer === EXHAUSTION.RETRY) return true;
	yield* end(env, r, answer);
	return false;
}

/**
 * A request that E1 refused: NULL, unless a policy has another answer for __GFP_NOFAIL. Nothing can ever serve it, so RETRY
 * is waiting for the policy's budget to be spent.
 */
export function* nofailRefused(env: AllocEnv, request: AllocRequest, context: AllocContext): Steps<number> {
	const policy = env.exhaustion;
	if (policy === undefined || !obeysExhaustionPolicy(env, request)) return NO_PAGE;
	const r = new PreparedRequest();
	r.gfp = env.contextRule.narrow(context.task.flags, request.gfp as Gfp);
	r.order = request.order;
	r.context = context;
	startView(env, r);
	for (;;) {
		const answer = policy.whenExhausted(viewOf(env, r, policy));
		if (answer === EXHAUSTION.KERNEL || answer === EXHAUSTION.FAIL) return NO_PAGE;
		if (answer !== EXHAUSTION.RETRY) return yield* stay(env, r, answer);
		r.exhaustions++;
		yield delay(policy.retryTicks);
	}
}

/** The tries of S21 below the min mark, with half of it as reserve: __alloc_pages_cpuset_fallback(). */
const tryBelowMin = (env: AllocEnv, r: PreparedRequest): number =>
	attemptBeyondCpuset(env, r, ALLOC.MIN_RESERVE, "S21");

/**
 * S21: a __GFP_NOFAIL request that came to nopage.
 *
 * @returns pfn, NO_PAGE, or {@link CLIMB_AGAIN}.
 */
export function* nofailAtNopage(env: AllocEnv, r: PreparedRequest): Steps<number> {
	warnNofailAtNopage(env, r);
	const policy = env.exhaustion;
	const answer = policy === undefined ? EXHAUSTION.KERNEL : policy.whenExhausted(viewOf(env, r, policy));
	if (answer !== EXHAUSTION.KERNEL && answer !== EXHAUSTION.RETRY) return yield* end(env, r, answer);
	if (answer === EXHAUSTION.KERNEL && (r.gfp & GFP.DIRECT_RECLAIM) === 0) return warnAllocFailure(env, r, "S21");
	const pfn = tryBelowMin(env, r);
	if (pfn >= 0) return pfn;
	env.trace?.note(r, "S21", "retry");
	r.exhaustions++;
	if (policy === undefined || answer === EXHAUSTION.KERNEL) yield COND_RESCHED;
	else yield delay(policy.retryTicks);
	return CLIMB_AGAIN;
}
