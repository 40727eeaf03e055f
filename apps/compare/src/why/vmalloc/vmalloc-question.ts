import type { KernelId } from "@pagelab/base";
import type { VmallocRules } from "@pagelab/contracts";
import type { ContextRule } from "@pagelab/memalloc";
import type { WhyCircumstances } from "../why-question.ts";

/** A mask with the name that stands above its column. */
export interface NamedMask {
	readonly name: string;
	readonly gfp: number;
}

/** What `pagelab why --vmalloc` or `--kvmalloc` was asked: who sees which mask. */
export interface VmallocQuestion extends WhyCircumstances {
	readonly call: "vmalloc" | "kvmalloc";
	/** In bytes. */
	readonly size: number;
	/** One table each. */
	readonly rules: readonly VmallocRules[];
	/** One that was asked for, which is told in detail, or the usual ones. */
	readonly masks: readonly NamedMask[];
	/** Of the page allocator and of what vmalloc is beside its rules. */
	readonly kernel: KernelId;
	readonly contextRule: ContextRule;
	/** PF_* of the task, scopes included. */
	readonly taskFlags: number;
}
