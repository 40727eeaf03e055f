import type { Draft } from "../assembly/draft.ts";
import type { At } from "../records/at.ts";
import type { KernelRelease } from "../records/kernel-release.ts";
import type { WarningHead } from "../records/warning-line.ts";
import { partsMissing } from "./missing-parts.ts";
import { checkReport, finishReport, type Report } from "./report.ts";

/**
 * What a warning of the page allocator is about, by the function that warned. It is an inference: the line has no text.
 * `order-too-large`: the order is above the largest one (MAX_PAGE_ORDER). `nofail`: __GFP_NOFAIL with an order above 1 or in a
 * context that must not wait.
 */
export type WarningCause = "order-too-large" | "nofail" | "other";

/** `WARNING: … at mm/page_alloc.c:N f+…` and the same of the other allocators' files. */
export interface AllocationWarning extends Report<"allocation-warning"> {
	/** Such as `mm/page_alloc.c`. */
	readonly file: string;
	readonly sourceLine: number;
	/** Function that warned; null where the line was cut. */
	readonly function: string | null;
	readonly offset: number | null;
	readonly size: number | null;
	readonly cause: WarningCause;
	/**
	 * Registers at the warning, hex by name. On x86-64 the arguments of __alloc_pages(gfp, order, …) often survive in RDI and RSI or
	 * in others; that is a guess, and left to the reader.
	 */
	readonly registers: Readonly<Record<string, string>>;
}

export function finishAllocationWarning(
	draft: Draft,
	warning: At<WarningHead>,
	kernel: KernelRelease | null,
): AllocationWarning {
	const report = finishReport("allocation-warning", draft, kernel);
	const { file, sourceLine, function: name, offset, size } = warning;
	return {
		...report,
		file,
		sourceLine,
		function: name,
		offset,
		size,
		cause: warningCause(file, name),
		registers: draft.trace.registers(),
		missing: partsMissing({ function: name === null, task: draft.task === null, trace: report.trace === null }),
		contradictions: checkReport(draft),
	};
}

/**
 * __alloc_pages() and its other names have one warning of their own, for the order (WARN_ON_ONCE_GFP); those of
 * get_page_from_freelist(), rmqueue() and the slow path are about __GFP_NOFAIL.
 */
function warningCause(file: string, name: string | null): WarningCause {
	if (file !== "mm/page_alloc.c" || name === null) return "other";
	if (/^__alloc_(?:frozen_)?pages(?:_nodemask|_noprof|_slowpath)*\b/.test(name)) {
		return name.includes("_slowpath") ? "nofail" : "order-too-large";
	}
	return /^(?:get_page_from_freelist|rmqueue|buffered_rmqueue)\b/.test(name) ? "nofail" : "other";
}
