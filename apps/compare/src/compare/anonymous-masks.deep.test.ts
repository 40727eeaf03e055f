import { join } from "node:path";
import { REPLAY, takesFrames } from "@pagelab/trace";
import { isAnonymousGfp } from "@pagelab/workloads";
import { describe, expect, test } from "vitest";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { loadRecording } from "./load-recording.ts";

/** Up to here enum lru_list names the anonymous lists. */
const LRU_ACTIVE_ANON = 1;

/** Pages by the list that they were first inserted into, and by what their mask says. */
function firstInsertions(folder: string): Record<string, number> {
	const { plan } = loadRecording(folder);
	const { lifetimes } = plan;
	const counts: Record<string, number> = {};
	const seen = new Set<number>();
	for (let op = 0; op < plan.length; op++) {
		const lifetime = plan.lifetime[op] as number;
		if (plan.kind[op] !== REPLAY.LRU_ADD || lifetime < 0 || seen.has(lifetime)) continue;
		seen.add(lifetime);
		const birth = lifetimes.birthOp[lifetime] as number;
		// Frames from before the recording, and targets of compaction, have no mask of their own.
		if (birth < 0 || !takesFrames(plan.kind[birth] as number) || plan.kind[birth] === REPLAY.ISOLATE) continue;
		const list = (plan.value[op] as number) <= LRU_ACTIVE_ANON ? "anonymous list" : "file list";
		const mask = isAnonymousGfp(plan.gfp[birth] as number) ? "anonymous mask" : "other mask";
		const key = `${list}, ${mask}`;
		counts[key] = (counts[key] ?? 0) + 1;
	}
	return counts;
}

describe.skipIf(sharedFolder === undefined)(
	"the mask of a page tells whether it is anonymous (needs the shared folder)",
	() => {
		test.each(["anon", "bcachefs", "file", "mixed", "slab", "xfs"])("in %s", (name) => {
			const counts = firstInsertions(join(sharedFolder ?? "", "oracle/dev/trace", name));
			expect(counts["anonymous list, anonymous mask"]).toBeGreaterThan(50);
			expect(counts["anonymous list, other mask"] ?? 0).toBe(0);
			// A handful of program text pages on file lists.
			expect(counts["file list, anonymous mask"] ?? 0).toBeLessThan(5);
		});
	},
);
