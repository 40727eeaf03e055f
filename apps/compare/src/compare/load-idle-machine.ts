import { InputError, type KernelId } from "@pagelab/base";
import { ZONE } from "@pagelab/gfp";
import type { MachineState } from "@pagelab/page-model";
import { loadMachine } from "../step/load-machine.ts";
import { idlePlan } from "./idle-plan.ts";
import type { Background } from "./run-comparison.ts";

const NS_PER_MS = 1_000_000;

/** A machine of which only the state is known, with what a reader must know about it. */
export interface IdleMachine {
	readonly background: Background;
	/** One sentence each. */
	readonly warnings: readonly string[];
}

/** A foreground that is stuck has a quarter of its time more, and is then told to be. */
const STUCK_AFTER = 1.25;

/** Free pages above the high mark for a request of GFP_KERNEL, in any zone. */
const hasFreePages = ({ nodes }: MachineState): boolean =>
	nodes
		.flatMap(({ zones }) => zones)
		.some(
			({ nrFreePages, wmark, boost, lowmemReserve }) =>
				nrFreePages > (wmark[2] ?? 0) + boost + (lowmemReserve[ZONE.NORMAL] ?? 0),
		);

/**
 * The machine that a user named, a kernel log among others, with nobody on it but the foreground.
 *
 * @param untilMs end of the foreground: until then reclaim may take the pages of the LRU lists.
 * @throws InputError as `loadMachine` does, and for a machine that has nothing to give.
 */
export function loadIdleMachine(path: string, kernel: KernelId, untilMs: number): IdleMachine {
	const { state, title, notes } = loadMachine([path], "initial", kernel);
	const endNs = (untilMs + 1) * NS_PER_MS;
	const { plan, evictable, leftOut } = idlePlan(state, endNs);
	if (evictable === 0 && !hasFreePages(state)) {
		throw new InputError(
			`on this machine nothing is free above the high mark and nothing can be reclaimed, so that the foreground would wait for ever; expected one with memory to take (${title})`,
		);
	}
	const bound = leftOut > 0 ? `; ${leftOut} more of the LRU lists are left where they are` : "";
	return {
		background: {
			recording: { name: title, initial: state },
			plan,
			beside: `on a machine that stands still: ${title}`,
			limitNs: endNs * STUCK_AFTER,
		},
		warnings: [
			`nobody but the foreground runs on this machine: kswapd and reclaim can take ${evictable} pages, without writeback${bound}`,
			...notes,
		],
	};
}
