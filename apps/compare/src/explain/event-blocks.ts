import { isFailure, type KlogEvent, whatHappened } from "@pagelab/klog";
import type { Block } from "./block.ts";
import { type EventContext, eventContext } from "./event-context.ts";
import { failureBlocks } from "./failure/failure-blocks.ts";
import { honestyBlocks } from "./honesty-blocks.ts";
import { memoryBlocks } from "./memory-blocks.ts";
import { oomBlocks } from "./oom/oom-blocks.ts";
import { unservedBlocks } from "./unserved-blocks.ts";

function causeBlocks(event: KlogEvent, context: EventContext): Block[] {
	if (event.kind === "oom") return unservedBlocks(event, context);
	if (!isFailure(event)) return [];
	const isRequest = event.kind === "page-allocation-failure" || event.kind === "allocation-stall";
	return [...(isRequest ? unservedBlocks(event, context) : []), ...failureBlocks(event)];
}

/** One event of a log explained, as people read it. */
export function eventBlocks(events: readonly KlogEvent[], index: number): Block[] {
	const event = events[index];
	if (event === undefined) return [];
	const context = eventContext(events, index);
	return [
		{ kind: "heading", text: "What happened" },
		{ kind: "statements", statements: [whatHappened(event, context)] },
		...causeBlocks(event, context),
		...memoryBlocks(event),
		...(event.kind === "oom" ? oomBlocks(event, context) : []),
		...honestyBlocks(event),
	];
}
