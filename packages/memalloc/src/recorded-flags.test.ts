import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { memallocNofsSave, memallocNoioSave, memallocNoreclaimSave } from "./save-restore.ts";
import { formatTaskFlags } from "./task-flags-text.ts";
import { PF } from "./task-flags.ts";
import { createTask, type Task } from "./task.ts";

const oracle = join(sharedFolder ?? "", "oracle");

interface Sample {
	readonly label: string;
	readonly taskFlags: number;
}

function samplesOf(name: string): readonly Sample[] {
	const text = gunzipSync(readFileSync(join(oracle, `${name}.json.gz`))).toString("utf8");
	const { samples } = JSON.parse(text) as { samples: { label: string; taskFlags: string }[] };
	return samples.map((s) => ({ label: s.label, taskFlags: Number(s.taskFlags) }));
}

/** What the recording module called before each class of request, by the name in the label. */
const SCOPES: readonly (readonly [RegExp, (task: Task) => unknown])[] = [
	[/-noreclaim(-|$)/, memallocNoreclaimSave],
	[/-scope-nofs$/, memallocNofsSave],
	[/-scope-noio$/, memallocNoioSave],
];

/** Flags that every recorded task has or may have whatever its scope: RANDOMIZE, SUPERPRIV. */
const UNSCOPED = PF.RANDOMIZE | PF.SUPERPRIV;

describe.skipIf(sharedFolder === undefined)("task flags of recorded scopes (needs the shared folder)", () => {
	test.each(["scope/anon", "scope/file", "scope/hold", "scope-patched/anon", "scope-patched/hold"])("%s", (name) => {
		const seen = new Set<number>();
		for (const { label, taskFlags } of samplesOf(name)) {
			if (label.includes("PF_NORECLAIM") || label.includes("pf-noreclaim") || taskFlags === 0) continue;
			const task = createTask("probe", 1, taskFlags & UNSCOPED);
			for (const [pattern, save] of SCOPES) if (pattern.test(label)) save(task);
			expect({ label, flags: task.flags }).toEqual({ label, flags: taskFlags });
			seen.add(task.flags & ~UNSCOPED);
		}
		expect(seen).toContain(PF.MEMALLOC);
	});

	test("the patched kernel had to use other bits: in 6.12.117 the bit of NORECLAIM is NO_NOTIFY_SIGNAL", () => {
		const patched = samplesOf("scope-patched/hold").filter((s) => s.label.startsWith("hold-pf-noreclaim"));
		expect(patched.length).toBeGreaterThan(0);
		for (const { taskFlags } of patched) {
			expect(formatTaskFlags(taskFlags, "v6.12.117")).toBe("PF_RANDOMIZE|0x3000000");
			expect(taskFlags & PF.MEMALLOC_NORECLAIM).toBe(0);
		}
	});
});
