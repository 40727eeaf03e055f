import { asTaskFlags } from "@pagelab/base";
import { expect, test } from "vitest";
import { copyProcessFlags } from "./copy-process.ts";
import { PF, TASK_FLAG_ROWS } from "./task-flags.ts";

test("a fork clears exactly SUPERPRIV, WQ_WORKER, IDLE, NO_SETAFFINITY and KTHREAD (memalloc-scopes.md §2)", () => {
	const cleared = ["PF_SUPERPRIV", "PF_WQ_WORKER", "PF_IDLE", "PF_NO_SETAFFINITY", "PF_KTHREAD"];
	for (const { name, value } of TASK_FLAG_ROWS) {
		const inherited = (copyProcessFlags(asTaskFlags(value)) & value) !== 0;
		expect([name, inherited]).toEqual([name, !cleared.includes(name)]);
	}
});

test("scope bits go to the child", () => {
	const scopes = PF.MEMALLOC_NOFS | PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_PIN | PF.MEMALLOC;
	expect(copyProcessFlags(asTaskFlags(scopes | PF.WQ_WORKER))).toBe(scopes | PF.FORKNOEXEC);
});

test("a kernel thread or user worker is one because of how it was made, not by inheritance", () => {
	expect(copyProcessFlags(asTaskFlags(0), { kthread: true })).toBe(PF.FORKNOEXEC | PF.KTHREAD);
	expect(copyProcessFlags(asTaskFlags(PF.KTHREAD), { userWorker: true })).toBe(PF.FORKNOEXEC | PF.USER_WORKER);
});
