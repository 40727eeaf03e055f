import type { Evidence } from "@pagelab/base";

/** The kernel's ways to complain; those with VM_ exist only with CONFIG_DEBUG_VM. */
export type WarningForm =
	| "WARN_ON_ONCE"
	/** Silenced by __GFP_NOWARN, which does not use up the latch. */
	| "WARN_ON_ONCE_GFP"
	| "VM_WARN_ON"
	| "VM_WARN_ON_ONCE"
	| "VM_BUG_ON"
	/** A line of text and a stack, each time. */
	| "pr_warn";

/** How far a request must get before the kernel looks. */
export type WarningPlace =
	/** Every request. */
	| "entry"
	/** A zone passed its watermark test, on any path. */
	| "rmqueue"
	/** The fast path found no page. */
	| "slow path"
	/** The slow path gave up, or a NOFAIL request begins another round. */
	| "nopage"
	/** A cache grows by a slab. */
	| "new slab";

export interface GfpWarning {
	readonly form: WarningForm;
	readonly at: WarningPlace;
	/** This request's __GFP_NOWARN, or the lack of CONFIG_DEBUG_VM, keeps it from being printed. */
	readonly silent: boolean;
}

/** What becomes of the request beside warnings. */
export type GfpOutcome =
	/** It goes on, with {@link GfpFinding.mask}. */
	| "goes on"
	| "NULL"
	/** NULL unless a page can be had at once. */
	| "NULL when short"
	/** Never NULL, and while memory is short it loops without a kill by the OOM killer. */
	| "loops"
	/** The kernel stops. */
	| "BUG";

/** What one rule says about one request. */
export interface GfpFinding {
	/** Id of the rule, such as `nofail-cannot-block`. */
	readonly rule: string;
	/** `illegal`: the kernel warns, strips or refuses. `remarkable`: it takes it, but not as the mask looks. */
	readonly severity: "illegal" | "remarkable";
	/** None: nobody hears of it. */
	readonly warnings: readonly GfpWarning[];
	readonly outcome: GfpOutcome;
	/** The mask that the kernel goes on with, its ignored flags taken off. */
	readonly mask: number;
	/** All of this in one sentence. */
	readonly text: string;
	/** The kernel function that decides. */
	readonly where: string;
	readonly source: string;
	readonly evidence: Evidence;
}

/** The warnings of a finding that this request really prints, if it gets that far. */
export const audibleWarnings = (finding: GfpFinding): readonly GfpWarning[] =>
	finding.warnings.filter((warning) => !warning.silent);
