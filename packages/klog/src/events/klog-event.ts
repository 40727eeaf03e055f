import type { Draft } from "../assembly/draft.ts";
import type { KernelRelease } from "../records/kernel-release.ts";
import { traceTopic } from "../sections/stack-trace.ts";
import { type AllocationStall, finishAllocationStall } from "./allocation-stall.ts";
import { type AllocationWarning, finishAllocationWarning } from "./allocation-warning.ts";
import { finishMemoryReport, type MemoryReport } from "./memory-report.ts";
import { finishOomEvent } from "./finish-oom-event.ts";
import type { OomEvent } from "./oom-event.ts";
import { finishPageAllocationFailure, type PageAllocationFailure } from "./page-allocation-failure.ts";
import { finishSlabFailure, type SlabFailure } from "./slab-failure.ts";
import { finishVmallocFailure, type VmallocFailure } from "./vmalloc-failure.ts";

/** Everything that a kernel prints about memory, by `kind`. */
export type KlogEvent =
	| OomEvent
	| PageAllocationFailure
	| AllocationStall
	| VmallocFailure
	| SlabFailure
	| AllocationWarning
	| MemoryReport;

export type KlogEventKind = KlogEvent["kind"];

/** A report whose lines are all there → the event; undefined for a trace that turned out not to be about memory. */
export function finishEvent(draft: Draft, kernel: KernelRelease | null): KlogEvent | undefined {
	switch (draft.kind) {
		case "oom":
			return finishOomEvent(draft, kernel);
		case "page-allocation-failure":
			return finishPageAllocationFailure(draft, kernel);
		case "allocation-stall":
			return finishAllocationStall(draft, kernel);
		case "vmalloc-failure":
			return finishVmallocFailure(draft, kernel);
		case "slab-failure":
			return draft.slab === null ? undefined : finishSlabFailure(draft, draft.slab, kernel);
		case "allocation-warning":
			return draft.warning === null ? undefined : finishAllocationWarning(draft, draft.warning, kernel);
		default:
			return finishUnknown(draft, kernel);
	}
}

/** A report without its first line is known by the functions of its trace. */
function finishUnknown(draft: Draft, kernel: KernelRelease | null): KlogEvent | undefined {
	const trace = draft.trace.finish();
	switch (trace === null ? null : traceTopic(trace)) {
		case "oom":
			return finishOomEvent(draft, kernel);
		case "vmalloc":
			return finishVmallocFailure(draft, kernel);
		case "page allocation":
			return finishPageAllocationFailure(draft, kernel);
		default:
			return finishLoneMemInfo(draft, kernel);
	}
}

const finishLoneMemInfo = (draft: Draft, kernel: KernelRelease | null): MemoryReport | undefined =>
	draft.memInfo === null || draft.memInfo.empty ? undefined : finishMemoryReport(draft, draft.memInfo.finish(), kernel);
