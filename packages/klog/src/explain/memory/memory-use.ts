import type { KlogEvent } from "../../events/klog-event.ts";
import { memInfoOfEvent } from "../machine/machine-of-event.ts";
import { type CgroupUse, cgroupUse } from "./cgroup-use.ts";
import { type SystemUse, systemUse } from "./system-use.ts";

/** Where memory was. */
export interface MemoryUse {
	/** Null where the log has no Mem-Info with counters and totals. */
	readonly system: SystemUse | null;
	/** The cgroup at its limit; null outside of cgroups. */
	readonly cgroup: CgroupUse | null;
}

/** What memory was used for when an event was printed: exact sums of the log's counters. Never throws for an event of `readKlog`. */
export function memoryUse(event: KlogEvent): MemoryUse {
	const memInfo = memInfoOfEvent(event);
	const memcg = event.kind === "oom" ? event.memcg : null;
	const path = event.kind === "oom" ? (event.summary?.oom_memcg ?? event.memcg?.limit ?? null) : null;
	return {
		system: memInfo === null ? null : systemUse(memInfo),
		cgroup: memcg === null ? null : cgroupUse(memcg, path),
	};
}
