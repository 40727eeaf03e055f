import type { OomEvent } from "../events/oom-event.ts";

/**
 * Where memory was really short: the constraint of the report, but CONSTRAINT_MEMCG where kernels 5.0 to 5.2 print
 * CONSTRAINT_NONE in spite of a cgroup that hit its limit (fixed by 432b1de0de02). Null where nothing tells.
 */
export function effectiveConstraint(event: Pick<OomEvent, "constraint" | "summary">): string | null {
	const oomMemcg = event.summary?.oom_memcg ?? null;
	return oomMemcg !== null ? "CONSTRAINT_MEMCG" : (event.constraint?.name ?? null);
}
