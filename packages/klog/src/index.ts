export * from "./checks/contradiction.ts";
export * from "./checks/effective-constraint.ts";
export type { AllocationStall } from "./events/allocation-stall.ts";
export type { AllocationWarning, WarningCause } from "./events/allocation-warning.ts";
export type { KlogEvent, KlogEventKind } from "./events/klog-event.ts";
export type { MemoryReport } from "./events/memory-report.ts";
export type { KilledTask, OomCaller, OomConstraint, OomEvent, OomTrigger } from "./events/oom-event.ts";
export type { AllocationRequest, PageAllocationFailure } from "./events/page-allocation-failure.ts";
export { type Part, PARTS, type Report, type ReportPlace, type ReportTask } from "./events/report.ts";
export type { SlabFailure } from "./events/slab-failure.ts";
export type { VmallocFailure } from "./events/vmalloc-failure.ts";
export {
	type AskedRequest,
	type LogContext,
	type UnservedEvent,
} from "./explain/unserved/asked-request.ts";
export { whatHappened } from "./explain/happened.ts";
export type { CgroupUse } from "./explain/memory/cgroup-use.ts";
export {
	MEMORY_PARTS,
	type MemoryDetail,
	type MemoryDivision,
	type MemoryPart,
	type MemoryPartName,
} from "./explain/memory/memory-part.ts";
export { type MemoryUse, memoryUse } from "./explain/memory/memory-use.ts";
export type { SystemUse } from "./explain/memory/system-use.ts";
export type { ZoneUse } from "./explain/memory/zone-use.ts";
export type { AllocationSite } from "./explain/unserved/allocation-site.ts";
export type { CgroupLimit } from "./explain/unserved/cgroup-limit.ts";
export {
	explainUnserved,
	type UnservedExplanation,
	type UnservedReason,
} from "./explain/unserved/explain-unserved.ts";
export type { ReclaimLeft } from "./explain/unserved/reclaim-left.ts";
export type { TaskPrivilege } from "./explain/unserved/watermark-rule.ts";
export type { OrderCheck, ZoneCheck, ZoneVerdict } from "./explain/unserved/zone-check.ts";
export { explainVictim, type VictimExplanation } from "./explain/oom/explain-victim.ts";
export type { FreedMemory } from "./explain/oom/freed-memory.ts";
export type { OomContext, TaskChange } from "./explain/oom/logged-tasks.ts";
export { OOM_SETTINGS, type OomChange, type OomSetting } from "./explain/oom/oom-change.ts";
export type { OomDecision } from "./explain/oom/oom-decision.ts";
export { otherPolicies, type PolicyOutcome, type PolicyOutcomes } from "./explain/oom/other-policies.ts";
export type { Exemption, ExemptTask, RankedTask } from "./explain/oom/rank-tasks.ts";
export type { SecondKill, SecondKillVerdict } from "./explain/oom/second-kill.ts";
export type { NamedTask } from "./explain/oom/victim-facts.ts";
export { whatIf, type WhatIfAnswer, type WhatIfOutcome } from "./explain/oom/what-if.ts";
export { wouldHaveChanged, type WouldHaveChanged } from "./explain/oom/would-have-changed.ts";
export { memallocFunctions } from "./explain/memalloc-functions.ts";
export { type Basis, byKernelRule, inferred, logged, type Statement } from "./explain/statement.ts";
export {
	type EventMachine,
	type EventMachineOptions,
	machineOfEvent,
} from "./explain/machine/machine-of-event.ts";
export { explainFailure, type FailureExplanation } from "./explain/failure/explain-failure.ts";
export {
	type FailedRequest,
	type FailureContext,
	type FailureEvent,
	isFailure,
} from "./explain/failure/failed-request.ts";
export type { BlockUse, FreeListPicture, PictureRow } from "./explain/failure/free-list-picture.ts";
export type { NofailAnswer } from "./explain/failure/nofail-statements.ts";
export type { LogTime, PrefixStyle } from "./input/log-line.ts";
export * from "./klog-reader.ts";
export * from "./proc/proc-snapshot.ts";
export * from "./proc/proc-tables.ts";
export type { Placed } from "./records/at.ts";
export type { Counters } from "./records/counters.ts";
export type { FreeBlocks } from "./records/free-list-piece.ts";
export * from "./records/kernel-release.ts";
export type { LoggedMask } from "./records/logged-mask.ts";
export type { DecodedMask, GfpMask } from "./sections/decode-mask.ts";
export * from "./schema/klog-schema.ts";
export type { SchemaNode } from "./schema/schema-node.ts";
export type { Damage } from "./sections/damage.ts";
export * from "./sections/logged-zones.ts";
export type * from "./sections/mem-info.ts";
export { isNoLimit, type MemcgInfo, type MemcgResource, type MemcgStatistics } from "./sections/memcg-info.ts";
export { certainFunctions } from "./sections/certain-functions.ts";
export { type StackFrame, type StackTrace, type TraceTopic, traceTopic } from "./sections/stack-trace.ts";
export { TASK_COLUMNS, type TaskColumn, type TaskRow, type TaskTable } from "./sections/task-table.ts";
