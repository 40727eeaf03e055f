import { PAGE_SIZE } from "@pagelab/base";
import type { OomMm, OomTask } from "@pagelab/contracts";
import { BADNESS_6, type BadnessRule } from "./badness-rule.ts";

/** signal->oom_score_adj of a task that must not be killed. */
export const OOM_SCORE_ADJ_MIN = -1000;
/** Points of oom_task_origin(): LONG_MAX. */
export const OOM_POINTS_MAX: number = Number.MAX_SAFE_INTEGER;

/** get_mm_rss(), in pages. */
export const mmRss = (mm: OomMm): number => mm.rssFile + mm.rssAnon + mm.rssShmem;

/** Options of {@link oomBadness}. */
export interface BadnessOptions {
	/** RAM and swap of the constraint, in pages; 0 counts as 1. */
	readonly totalpages: number;
	/** The rule of 5.9 and later if left out. */
	readonly rule?: BadnessRule;
	/** Bytes; 4096 if left out. */
	readonly pageSize?: number;
}

/** is_global_init() or PF_KTHREAD: oom_unkillable_task(). */
export const isOomUnkillable = (task: Pick<OomTask, "kind">): boolean => task.kind !== "user";

function isExempt(task: OomTask, mm: OomMm, rule: BadnessRule): boolean {
	return task.oomScoreAdj === OOM_SCORE_ADJ_MIN || (rule.skips && (mm.oomSkip || task.inVfork === true));
}

/** Division of two integers as in C, towards zero. */
const divide = (a: number, b: number): number => Math.trunc(a / b);

function usedPages(task: OomTask, mm: OomMm, rule: BadnessRule, pageSize: number): number {
	const tables = rule.pgtables ? Math.floor(mm.pgtablesBytes / pageSize) : 0;
	const pages = mmRss(mm) + mm.swapents + tables;
	return rule.rootBonus === "3 % of own" && task.capSysAdmin === true ? pages - divide(pages * 3, 100) : pages;
}

/**
 * oom_badness() of mm/oom_kill.c: the points of a task, or undefined where it must not be killed (LONG_MIN; 0 in older
 * kernels). Since 5.9 points may be negative, and such a task may still be chosen.
 *
 * Leaves out that counters lag: the caller's counts are taken as the kernel would read them.
 */
export function oomBadness(task: OomTask, options: BadnessOptions): number | undefined {
	const { rule = BADNESS_6, pageSize = PAGE_SIZE } = options;
	const { mm } = task;
	if (isOomUnkillable(task) || mm === undefined || isExempt(task, mm, rule)) return undefined;
	const totalpages = Math.max(1, options.totalpages);
	const rootAdj = rule.rootBonus === "30 permille" && task.capSysAdmin === true ? 30 : 0;
	const used = usedPages(task, mm, rule, pageSize);
	const adj = task.oomScoreAdj - rootAdj;
	const points =
		rule.unit === "permille" ? divide(used * 1000, totalpages) + adj : used + adj * divide(totalpages, 1000);
	return rule.floor ? Math.min(rule.cap, Math.max(1, points)) : points;
}

/** The `score` of a `Kill process` line (up to 5.2): thousandths of totalpages. */
export const printedScore = (points: number, totalpages: number, rule: BadnessRule): number =>
	rule.unit === "permille" ? points : divide(points * 1000, Math.max(1, totalpages));

/**
 * /proc/PID/oom_score, 0 .. 1333: proc_oom_score() of fs/proc/base.c, 6.1 to 6.12.
 *
 * @param totalpages RAM and swap of the machine, in pages
 */
export function procOomScore(task: OomTask, totalpages: number, pageSize: number = PAGE_SIZE): number {
	const points = oomBadness(task, { totalpages, pageSize });
	return points === undefined ? 0 : divide((1000 + divide(points * 1000, Math.max(1, totalpages))) * 2, 3);
}
