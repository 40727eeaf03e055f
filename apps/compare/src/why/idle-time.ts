import type { Steps, WaitableQueue } from "@pagelab/sim";

/** Where a task stays that a policy has ended. */
export const GRAVEYARD: WaitableQueue = {
	kind: "queue",
	className: "graveyard",
	enter: () => undefined,
	leave: () => undefined,
};

/** Lets time pass as a program asks for it, and nothing else happen. */
export class IdleTime {
	/** Virtual time in ticks. */
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
