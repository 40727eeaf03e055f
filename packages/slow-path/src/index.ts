export * from "./alloc-bulk.ts";
export * from "./alloc-env.ts";
export { allocPages, allocPagesWithoutWaiting, reportAlloc, tryFastPath } from "./alloc-pages.ts";
export { allocPagesSlowpath } from "./alloc-pages-slowpath.ts";
export * from "./attempt-trace.ts";
export * from "./complete-without-waiting.ts";
export { TICKS_PER_JIFFY } from "./cond-resched.ts";
export { fastPathFlags, prepareRequest } from "./prepare-request.ts";
export { GRAVEYARD, IdleTime } from "./idle-time.ts";
export { pageAllocatorOf } from "./page-allocator-of.ts";
export * from "./prepared-request.ts";
export * from "./profile.ts";
export { MAX_COMPACT_RETRIES, MAX_RECLAIM_RETRIES } from "./retry-predicates.ts";
export * from "./rung.ts";
export { stateFromNumbers, type ZoneNumbers } from "./zone-numbers.ts";
export { AssumedKernel, type Assumptions, DEFAULT_ASSUMPTIONS } from "./assumed-kernel.ts";
export { type DescribedAttempt, type DescribedRequest, describeAttempt } from "./describe/describe-attempt.ts";
export { formatAllocFlags } from "./describe/format-alloc-flags.ts";
export { warningText } from "./describe/warning-text.ts";
export * from "./failure/format-mem-info.ts";
export * from "./failure/mem-info.ts";
export * from "./failure/mem-info-of.ts";
export * from "./failure/warn-alloc.ts";
export * from "./faults/fault-injection.ts";
export * from "./faults/fault-point.ts";
export { EXHAUSTION_POLICIES, findExhaustionPolicy } from "./exhaustion/exhaustion-policies.ts";
export { p0Kernel } from "./exhaustion/p0-kernel.ts";
export { p1OnlyIfImpossible } from "./exhaustion/p1-only-if-impossible.ts";
export { p2Bug } from "./exhaustion/p2-bug.ts";
export { p3KillCaller } from "./exhaustion/p3-kill-caller.ts";
export { type LoopForEverOptions, p4LoopForEver } from "./exhaustion/p4-loop-for-ever.ts";
export { fixedCap } from "./size/fixed-cap.ts";
export { INT_MAX, intMax } from "./size/int-max.ts";
export { kernelLimits } from "./size/kernel-limits.ts";
export { orderOne } from "./size/order-one.ts";
export { shareOfMemory, type ShareOfMemoryOptions } from "./size/share-of-memory.ts";
export { findSizePolicy, SIZE_POLICIES } from "./size/size-policies.ts";
export {
	commitLimit,
	type OvercommitMode,
	overcommitReserves,
	type OvercommitState,
	vmEnoughMemory,
} from "./overcommit/vm-enough-memory.ts";
export * from "./exhaustion/exhaustion-contract.ts";
export * from "./size/size-contract.ts";
export { inferGfp, isVisiblyAtomic } from "./malloc/infer-gfp.ts";
export * from "./malloc/inference-gap.ts";
export * from "./malloc/malloc-policies.ts";
export * from "./malloc/rust-flags.ts";
export { p7OnlyGfpNofail } from "./rules/p7-only-gfp-nofail.ts";
export { p8GfpKernelGuarantee } from "./rules/p8-gfp-kernel-guarantee.ts";
export { findProposedRule, PROPOSED_RULES } from "./rules/proposed-rules.ts";
export { stateFromMemInfo } from "./failure/state-from-mem-info.ts";
