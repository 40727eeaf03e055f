import type { KlogEvent, LogContext, OomEvent } from "@pagelab/klog";

/** What the rest of a log says about one of its events. */
export interface EventContext extends LogContext {
	/** OOM events of the same boot that come after it. */
	readonly later: readonly OomEvent[];
}

/** A victim's own requests fail while it dies; later its pid can be another task's. */
const DYING_SECONDS = 60;

/** A clock that steps back is another boot. */
const isBefore = (a: KlogEvent, b: KlogEvent): boolean => {
	const [first, second] = [a.time?.seconds ?? null, b.time?.seconds ?? null];
	return first === null || second === null || first <= second;
};

/** Events of one boot from one on, in the given direction. */
function sameBoot(
	events: readonly KlogEvent[],
	goesOn: (previous: KlogEvent, next: KlogEvent) => boolean,
): KlogEvent[] {
	const found: KlogEvent[] = [];
	for (const event of events) {
		const previous = found.at(-1);
		if (previous !== undefined && !goesOn(previous, event)) break;
		found.push(event);
	}
	return found.slice(1);
}

function hasJustDied(victim: KlogEvent, event: KlogEvent): boolean {
	const [killed, now] = [victim.time?.seconds ?? null, event.time?.seconds ?? null];
	return killed === null || now === null || now - killed <= DYING_SECONDS;
}

/** What events around one say about it: whom the boot has killed just before, and its OOM events after it. */
export function eventContext(events: readonly KlogEvent[], index: number): EventContext {
	const event = events[index];
	if (event === undefined) return { later: [] };
	const before = sameBoot(events.slice(0, index + 1).toReversed(), (later, earlier) => isBefore(earlier, later));
	const after = sameBoot(events.slice(index), isBefore);
	const killers = before.filter((own): own is OomEvent => own.kind === "oom" && hasJustDied(own, event));
	return {
		earlierVictims: new Set(killers.flatMap(({ kills }) => kills.map(({ pid }) => pid))),
		later: after.filter((own): own is OomEvent => own.kind === "oom"),
	};
}
