import type { KernelId } from "@pagelab/base";
import type { ExhaustionPolicy, SizePolicy } from "@pagelab/contracts";
import type { GfpRule } from "@pagelab/gfp";
import type { ContextRule } from "@pagelab/memalloc";
import type { MachineState } from "@pagelab/page-model";
import type { Assumptions } from "@pagelab/slow-path";

/** One request of a question. */
export interface WhyRequest {
	/** Said in front of the answer where a side makes several, such as `first try, under the lock`. */
	readonly title: string | undefined;
	/** Mask as the caller passes it. */
	readonly gfp: number;
	readonly order: number;
	/** PF_* of the task, scopes included. */
	readonly taskFlags: number;
}

/** Who asks, beside the task flags. */
export interface WhyContext {
	readonly nid: number;
	readonly preemptCount: number;
	readonly rtTask: boolean;
	readonly oomVictim: boolean;
}

/** One of the things compared, or the only one. */
export interface WhySide {
	/** A profile or a design. */
	readonly id: string;
	readonly kernel: KernelId;
	readonly contextRule: ContextRule;
	readonly requests: readonly WhyRequest[];
}

/** On which machine and in which context a question is asked, and what is assumed of the rest of the kernel. */
export interface WhyCircumstances {
	readonly state: MachineState;
	/** What the machine is, in a few words. */
	readonly machine: string;
	readonly context: WhyContext;
	readonly assumptions: Omit<Assumptions, "emptyLruCountsFree">;
	/** Policies in place of the kernel's own behaviour. */
	readonly policies: { readonly exhaustion?: ExhaustionPolicy; readonly size?: SizePolicy };
	readonly notes: readonly string[];
}

/** What `pagelab why` was asked. */
export interface WhyQuestion extends WhyCircumstances {
	/** Proposed rules that the masks are checked by. */
	readonly rules: readonly GfpRule[];
	/** One, or two that are compared. */
	readonly sides: readonly WhySide[];
}
