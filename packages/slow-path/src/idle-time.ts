import type { Steps, WaitableQueue } from "@pagelab/sim";

/** Where a task stays that a policy has ended, where there is no scheduler. */
export const GRAVEYARD: WaitableQueue = {
	kind: "queue",
	className: "graveyard",
	enter: () => undefined,
	leave: () => undefined,
};

/** Virtual time for looking at a single request: passes as the request asks for it, and nothing else happens. */
export class IdleTime {
	/** In ticks. */
	now = 0;

	/** Runs to the end, or until it is clear that there is none: then `loops`, or `ended` for a task that stays where it is. */
	drive<T>(steps: Steps<T>, maxWaits: number): { readonly value: T } | "loops" | "ended" {
		for (let waits = 0; waits < maxWaits; waits++) {
			const result = steps.next(0);
			if (result.done === true) return { value: result.value };
			if (result.value.kind === "wait") return "ended";
			if (result.value.kind === "delay") this.now += result.value.ticks;
		}
		return "loops";
	}
}
