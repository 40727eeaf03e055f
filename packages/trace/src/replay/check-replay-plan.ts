import { invariant, pagesOfOrder } from "@pagelab/base";
import type { MachineState } from "@pagelab/page-model";
import { freeFrames } from "./frame-usage.ts";
import { LRU_NEVER } from "./page-lifetimes.ts";
import { REPLAY, type ReplayPlan, returnsFrames, takesFrames } from "./replay-plan.ts";

/** How well the operations of a plan explain the final state. All numbers are 0 for a complete recording. */
export interface ReplayCheck {
	/** Frames that are free in one and in use in the other. */
	readonly differ: number;
	/** The first of them, or -1. */
	readonly firstDiffer: number;
	/** Frames in use that an operation took. */
	readonly takenTwice: number;
	/** Free frames that an operation returned. */
	readonly returnedTwice: number;
}

/** Applies all operations of a plan to the free frames of the initial state and compares with the final one. */
export function checkReplayPlan(plan: ReplayPlan, initial: MachineState, final: MachineState): ReplayCheck {
	const free = freeFrames(initial);
	let takenTwice = 0;
	let returnedTwice = 0;
	for (let op = 0; op < plan.length; op++) {
		const kind = plan.kind[op] as number;
		const takes = takesFrames(kind);
		if (!takes && !returnsFrames(kind)) continue;
		const first = plan.pfn[op] as number;
		const end = first + pagesOfOrder(plan.order[op] as number);
		for (let pfn = first; pfn < end; pfn++) {
			if (takes && free[pfn] === 0) takenTwice++;
			if (!takes && free[pfn] === 1) returnedTwice++;
			free[pfn] = takes ? 0 : 1;
		}
	}
	return { ...compareFrames(free, freeFrames(final)), takenTwice, returnedTwice };
}

function compareFrames(got: Uint8Array, want: Uint8Array): { differ: number; firstDiffer: number } {
	let differ = 0;
	let firstDiffer = -1;
	for (let pfn = 0; pfn < Math.max(got.length, want.length); pfn++) {
		if ((got[pfn] ?? 0) === (want[pfn] ?? 0)) continue;
		differ++;
		if (firstDiffer < 0) firstDiffer = pfn;
	}
	return { differ, firstDiffer };
}

/**
 * Checks that operations and lifetimes of a plan fit each other.
 *
 * @throws InvariantError where they do not.
 */
export function validateReplayPlan(plan: ReplayPlan): void {
	const { lifetimes } = plan;
	const birthPages = new Map<number, number>();
	for (let i = 0; i < lifetimes.length; i++) {
		const birth = lifetimes.birthOp[i] as number;
		checkLifetime(plan, i);
		birthPages.set(birth, (birthPages.get(birth) ?? 0) + pagesOfOrder(lifetimes.order[i] as number));
	}
	for (let op = 0; op < plan.length; op++) {
		const lifetime = plan.lifetime[op] as number;
		const kind = plan.kind[op] as number;
		if (takesFrames(kind)) {
			invariant(lifetimes.birthOp[lifetime] === op, `operation ${op} is the birth of its first lifetime`);
			invariant(lifetimes.birthOp[lifetime - 1] !== op, `lifetime ${lifetime} is the first of operation ${op}`);
			invariant(birthPages.get(op) === pagesOfOrder(plan.order[op] as number), `operation ${op} has all of its pages`);
		} else if (returnsFrames(kind)) {
			invariant(lifetimes.endOp[lifetime] === op, `operation ${op} ends its lifetime`);
		} else {
			invariant(lifetime === -1 || isLruKind(kind), `operation ${op} has no lifetime`);
		}
	}
}

const isLruKind = (kind: number): boolean => kind === REPLAY.LRU_ADD || kind === REPLAY.LRU_ACTIVATE;

function checkLifetime(plan: ReplayPlan, i: number): void {
	const { birthOp, endOp, initial, lruOp, order, pfn } = plan.lifetimes;
	const [birth, end, lru] = [birthOp[i] as number, endOp[i] as number, lruOp[i] as number];
	invariant(birth < 0 === i < initial, `lifetime ${i} is among the initial ones only if it is one`);
	if (i > 0) {
		const before = birthOp[i - 1] as number;
		const ascends = before < birth || (before === birth && (pfn[i - 1] as number) < (pfn[i] as number));
		invariant(ascends, `lifetime ${i} is behind lifetime ${i - 1}`);
	}
	if (birth >= 0) invariant(takesFrames(plan.kind[birth] as number), `lifetime ${i} begins by taking frames`);
	if (end >= 0) {
		const fits = end > birth && plan.pfn[end] === pfn[i] && plan.order[end] === order[i];
		invariant(fits, `lifetime ${i} is what operation ${end} returns`);
	}
	if (lru < 0) invariant(birth < 0 || lru === LRU_NEVER, `lifetime ${i} was not on an LRU list before its birth`);
	else invariant(lru > birth && (end < 0 || lru < end), `lifetime ${i} came onto an LRU list while it lasted`);
}
