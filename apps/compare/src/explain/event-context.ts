import type { KlogEvent, LogContext, OomEvent } from "@pagelab/klog";

/** What the rest of a log says about one of its events. */
export interface EventContext extends LogContext {
	/** OOM events of the same boot that come after it. */
	readonly later: readonly OomEvent[];
}

/** A victim's own requests fail while it dies; later its pid can be another task's. */
const DYING_SECONDS = 60;
/** In logs without time stamps. */
const EVENTS_BACK = 100;

/** A clock that steps back is another boot. */
const isBefore = (a: KlogEvent, b: KlogEvent): boolean => {
	const [first, second] = [a.time?.seconds ?? null, b.time?.seconds ?? null];
	return first === null || second === null || first <= second;
};

function hasJustDied(victim: KlogEvent, event: KlogEvent): boolean {
	const [killed, now] = [victim.time?.seconds ?? null, event.time?.seconds ?? null];
	return killed === null || now === null || now - killed <= DYING_SECONDS;
}

/** Tasks that the same boot has killed just before an event. */
export function earlierVictims(events: readonly KlogEvent[], index: number): ReadonlySet<number> {
	const victims = new Set<number>();
	const event = events[index];
	for (let i = index - 1; event !== undefined && i >= Math.max(0, index - EVENTS_BACK); i--) {
		const [earlier, later] = [events[i], events[i + 1]];
		if (earlier === undefined || later === undefined) break;
		if (!isBefore(earlier, later) || !hasJustDied(earlier, event)) break;
		if (earlier.kind === "oom") for (const { pid } of earlier.kills) victims.add(pid);
	}
	return victims;
}

function laterOoms(events: readonly KlogEvent[], index: number): OomEvent[] {
	const found: OomEvent[] = [];
	for (let i = index + 1; i < events.length; i++) {
		const [earlier, later] = [events[i - 1], events[i]];
		if (earlier === undefined || later === undefined || !isBefore(earlier, later)) break;
		if (later.kind === "oom") found.push(later);
	}
	return found;
}

/** What events around one say about it: whom the boot has killed just before, and its OOM events after it. */
export const eventContext = (events: readonly KlogEvent[], index: number): EventContext => ({
	earlierVictims: earlierVictims(events, index),
	later: laterOoms(events, index),
});
