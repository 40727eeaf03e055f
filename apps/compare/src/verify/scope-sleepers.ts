import type { KernelId } from "@pagelab/base";
import { ScopeMachine } from "./scope-machine.ts";
import type { ScopeRecording, ScopeSamples } from "./scope-recording.ts";

/** A class of request that cannot sleep in the model, as recorded. */
export interface NonSleepers {
	readonly label: string;
	/** A = alloc_pages, K = kvmalloc, M = kmalloc. */
	readonly op: string;
	readonly arg: number;
	readonly gfp: number;
	readonly taskFlags: string;
	readonly samples: number;
	/** Samples in which the task was switched away from. */
	readonly switched: number;
}

/** The worst that can happen to a request: nothing is free. */
const EMPTY = [{ free: 0, min: 100, low: 125, high: 150 }];

const MAX_CHECKED_ORDER = 10;

/**
 * Classes of alloc_pages, kmalloc and kvmalloc that the model never lets wait, on a machine without a free page, with what the
 * recording shows.
 */
export function nonSleepers(recording: ScopeRecording, kernel: KernelId): NonSleepers[] {
	const machine = new ScopeMachine(kernel, EMPTY);
	const waits = ({ op, arg, gfp, taskFlags }: ScopeSamples): boolean => {
		const flags = Number(taskFlags);
		if (op === "A")
			return arg > MAX_CHECKED_ORDER || machine.allocPages({ gfp, order: arg, taskFlags: flags }, EMPTY).waited;
		const bytes = { size: arg, gfp, taskFlags: flags };
		if (op === "M") return machine.kmalloc(bytes, EMPTY).waited;
		return op !== "K" || machine.kvmalloc(bytes, EMPTY).waited;
	};
	const cannotSleep = (samples: ScopeSamples): boolean => !waits(samples);
	const classes = new Map<string, NonSleepers>();
	for (const samples of recording.samples.filter(cannotSleep)) {
		const { label, op, arg, gfp, taskFlags, sw } = samples;
		const key = [label, op, arg, gfp, taskFlags].join(" ");
		const before = classes.get(key) ?? { label, op, arg, gfp, taskFlags, samples: 0, switched: 0 };
		const switched = sw.filter((n) => n > 0).length;
		classes.set(key, { ...before, samples: before.samples + sw.length, switched: before.switched + switched });
	}
	return [...classes.values()];
}
