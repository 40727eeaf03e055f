import type { Draft } from "../assembly/draft.ts";
import type { KernelRelease } from "../records/kernel-release.ts";
import { type AllocationRequest, finishRequest, judgeRequest } from "./page-allocation-failure.ts";
import { finishReport, type Report } from "./report.ts";

/** `C: page allocation stalls for Nms, order:N, mode:…` (4.9 to 4.14): a request is still waiting. */
export interface AllocationStall extends Report<"allocation-stall">, AllocationRequest {
	readonly stallMs: number | null;
	readonly order: number | null;
}

export function finishAllocationStall(draft: Draft, kernel: KernelRelease | null): AllocationStall {
	const report = finishReport("allocation-stall", draft, kernel);
	const stallMs = draft.alloc?.type === "stall-head" ? draft.alloc.stallMs : null;
	const request = finishRequest(draft, report.kernel);
	return { ...report, ...request, stallMs, order: draft.alloc?.order ?? null, ...judgeRequest(draft, request) };
}
