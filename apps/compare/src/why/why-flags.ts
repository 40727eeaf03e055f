import type { StateMoment } from "@pagelab/trace";

/** Options of `pagelab why` as commander hands them over. */
export interface WhyFlags {
	readonly gfp?: string;
	readonly order?: string;
	readonly scope?: string;
	readonly profile?: string;
	readonly profiles?: string;
	readonly designs?: string;
	readonly zone?: readonly string[];
	readonly state?: readonly string[];
	readonly at: StateMoment;
	readonly node?: string;
	readonly interrupt?: string;
	readonly rt?: boolean;
	readonly victim?: boolean;
	readonly reclaim: string;
	readonly compaction: string;
	readonly oom: string;
	readonly oomFrees: string;
	readonly exhaustion?: string;
	readonly size?: string;
	readonly rules?: string;
	readonly all?: boolean;
	readonly vmalloc?: string;
	readonly kvmalloc?: string;
	readonly vmallocRules?: string;
}
