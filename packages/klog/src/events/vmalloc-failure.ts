import type { Draft } from "../assembly/draft.ts";
import type { KernelRelease } from "../records/kernel-release.ts";
import { type AllocationRequest, finishRequest, judgeRequest } from "./page-allocation-failure.ts";
import { finishReport, type Report } from "./report.ts";

/** A failure inside vmalloc (mm/vmalloc.c), in the words of all kernels from 3.x on. */
export interface VmallocFailure extends Report<"vmalloc-failure">, AllocationRequest {
	/** Why, in the kernel's words; null where the line is missing. */
	readonly reason: string | null;
	/** Bytes asked for. Some kernels print 0 for a size that they have lost. */
	readonly bytes: number | null;
	/** Bytes allocated before the failure (4.x). */
	readonly bytesAllocated: number | null;
	/** Order of the page that was not to be had (5.13 and later; 0 in the second line of 3.x). */
	readonly order: number | null;
}

export function finishVmallocFailure(draft: Draft, kernel: KernelRelease | null): VmallocFailure {
	const head = draft.alloc?.type === "vmalloc-head" ? draft.alloc : null;
	const report = finishReport("vmalloc-failure", draft, kernel);
	const { reason = null, bytes = null, bytesAllocated = null, order = null } = head ?? {};
	const request = finishRequest(draft, report.kernel);
	return { ...report, ...request, reason, bytes, bytesAllocated, order, ...judgeRequest(draft, request) };
}
