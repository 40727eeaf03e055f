import { type BadnessRule, badnessRuleOf } from "@pagelab/oom";
import type { OomEvent } from "../../events/oom-event.ts";
import { isSince, type KernelRelease } from "../../records/kernel-release.ts";
import type { TaskTable } from "../../sections/task-table.ts";
import { inferred, type Statement } from "../statement.ts";

/** How the kernel that printed a report chooses: select_bad_process() and oom_kill_process() of mm/oom_kill.c. */
export interface OomRules {
	/** Null for kernels before 2.6.36, which have no oom_score_adj. */
	readonly badness: BadnessRule | null;
	/** Which of two tasks with the same points is chosen: the one later in the table, or the earlier. */
	readonly ties: "later" | "earlier";
	/** A child with an mm of its own dies in the place of the chosen task (up to 5.1 or so). */
	readonly sacrificesChild: boolean;
	/** Pages of a node that count under a memory policy or cpuset: present ones, or spanned ones up to 4.19 or so. */
	readonly nodePages: "present" | "spanned";
	/** What had to be assumed about the kernel. */
	readonly notes: readonly Statement[];
}

/** Vendor kernels that have the rule of a later release (badness against the scores that they print). */
const VENDORS: readonly (readonly [release: RegExp, rule: string])[] = [
	[/^2\.6\.32.*\.el6/, "2.6.36"],
	[/^3\.10\.0.*\.el7/, "3.14"],
];

/** Columns that tell an era, newest first, and the rule that goes with it. */
const BY_COLUMN: readonly (readonly [column: string, rule: string])[] = [
	["rss_anon", "6.8"],
	["pgtables_bytes", "4.19"],
	["nr_pmds", "4.7"],
	["nr_ptes", "3.14"],
	["oom_score_adj", "2.6.36"],
];

interface Found {
	readonly badness: BadnessRule | null;
	readonly notes: readonly Statement[];
}

/** The rule of a kernel that the log does not name, by what its report looks like. */
function ruleByLooks({ table, summary, kills }: OomEvent): Found {
	// The summary line came with 5.0, and kill lines with oom_score_adj soon after.
	const isNew = summary !== null || (kills[0]?.oom_score_adj ?? null) !== null;
	const [, release] = BY_COLUMN.find(([column]) => table?.columns.includes(column)) ?? [];
	const rule = isNew ? "6.8" : (release ?? "6.8");
	const text = `The log does not say which kernel it is: by the form of the report, the rules of ${rule} are taken.`;
	return { badness: badnessRuleOf(rule), notes: [inferred(text)] };
}

const isOlderThanScoreAdj = ({ version: [major, minor, patch] }: KernelRelease): boolean =>
	major < 2 || (major === 2 && (minor < 6 || (minor === 6 && patch < 36)));

function ruleOfRelease(kernel: KernelRelease, table: TaskTable | null): Found {
	const { release } = kernel;
	const vendor = VENDORS.find(([name]) => name.test(release))?.[1];
	if (vendor !== undefined) return { badness: badnessRuleOf(vendor), notes: [] };
	if (!isOlderThanScoreAdj(kernel)) return { badness: badnessRuleOf(release), notes: [] };
	if (table?.columns.includes("oom_score_adj") !== true) return { badness: null, notes: [] };
	const text = `Linux ${release} is older than oom_score_adj, but prints it: the rule of 2.6.36 is taken, which it has been given.`;
	return { badness: badnessRuleOf("2.6.36"), notes: [inferred(text)] };
}

/** Kernels that kill the chosen task itself say why in the line of the kill, some vendors' before 5.2 too. */
const killsChosenOnly = (kills: OomEvent["kills"]): boolean => (kills[0]?.message ?? "") !== "";

/** The rules of the kernel that printed an event. */
export function oomRules(event: OomEvent): OomRules {
	const { kernel, selected, kills } = event;
	const { badness, notes } = kernel === null ? ruleByLooks(event) : ruleOfRelease(kernel, event.table);
	return {
		badness,
		ties: badness === null || badness.floor ? "earlier" : "later",
		sacrificesChild: selected !== null || (kernel !== null && !isSince(kernel, 5, 2) && !killsChosenOnly(kills)),
		nodePages: kernel !== null && !isSince(kernel, 5, 0) ? "spanned" : "present",
		notes,
	};
}
