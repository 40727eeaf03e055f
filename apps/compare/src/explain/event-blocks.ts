import { isFailure, type KlogEvent, type LogContext, whatHappened } from "@pagelab/klog";
import type { Block } from "./block.ts";
import { failureBlocks } from "./failure/failure-blocks.ts";
import { honestyBlocks } from "./honesty-blocks.ts";
import { memoryBlocks } from "./memory-blocks.ts";
import { unservedBlocks } from "./unserved-blocks.ts";

function causeBlocks(event: KlogEvent, context: LogContext): Block[] {
	if (event.kind === "oom") return unservedBlocks(event, context);
	if (!isFailure(event)) return [];
	const isRequest = event.kind === "page-allocation-failure" || event.kind === "allocation-stall";
	return [...(isRequest ? unservedBlocks(event, context) : []), ...failureBlocks(event)];
}

/** Tasks that events before one of a log have killed. */
export const contextOf = (events: readonly KlogEvent[], index: number): LogContext => ({
	earlierVictims: new Set(
		events.slice(0, index).flatMap((event) => (event.kind === "oom" ? event.kills.map(({ pid }) => pid) : [])),
	),
});

/** One event of a log explained, as people read it. */
export function eventBlocks(events: readonly KlogEvent[], index: number): Block[] {
	const event = events[index];
	if (event === undefined) return [];
	const context = contextOf(events, index);
	return [
		{ kind: "heading", text: "What happened" },
		{ kind: "statements", statements: [whatHappened(event, context)] },
		...causeBlocks(event, context),
		...memoryBlocks(event),
		...honestyBlocks(event),
	];
}
