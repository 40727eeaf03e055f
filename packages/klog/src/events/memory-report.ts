import type { Draft } from "../assembly/draft.ts";
import { checkMemInfo } from "../checks/check-mem-info.ts";
import type { KernelRelease } from "../records/kernel-release.ts";
import type { MemInfo } from "../sections/mem-info.ts";
import { memInfoMissing } from "./missing-parts.ts";
import { checkReport, finishReport, type Report } from "./report.ts";

/** A Mem-Info that no failure or kill goes with, such as SysRq-m prints, or whose report lost its other lines. */
export interface MemoryReport extends Report<"memory-report"> {
	readonly memInfo: MemInfo;
}

export function finishMemoryReport(draft: Draft, memInfo: MemInfo, kernel: KernelRelease | null): MemoryReport {
	return {
		...finishReport("memory-report", draft, kernel),
		memInfo,
		missing: memInfoMissing(memInfo),
		contradictions: [...checkReport(draft), ...checkMemInfo(memInfo)],
	};
}
