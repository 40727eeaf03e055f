import { expect, test } from "vitest";
import { PF, TASK_FLAG_KERNELS, TASK_FLAG_ROWS, taskFlagRowsOf } from "./task-flags.ts";

/** memalloc-scopes.md §1: name, value, 6.1, 6.11, 6.12 (a number is the first 6.12.x that has it). */
const SECTION_1 = `
PF_MEMALLOC            0x00000800 y y y
PF_KSWAPD              0x00020000 y y y
PF_KCOMPACTD           0x00010000 - - 117
PF_MEMALLOC_NOFS       0x00040000 y y y
PF_MEMALLOC_NOIO       0x00080000 y y y
PF_MEMALLOC_NORECLAIM  0x00800000 - y -
PF_NO_NOTIFY_SIGNAL    0x00800000 y - 117
PF_MEMALLOC_NOWARN     0x01000000 - y -
PF_MEMALLOC_PIN        0x10000000 y y y
PF_LOCAL_THROTTLE      0x00100000 y y y
PF_WQ_WORKER           0x00000020 y y y
PF_KTHREAD             0x00200000 y y y
PF_USER_WORKER         0x00004000 - y y
PF_EXITING             0x00000004 y y y
PF_DUMPCORE            0x00000200 y y y
`;

test("values and kernels are those of memalloc-scopes.md §1", () => {
	for (const line of SECTION_1.trim().split("\n")) {
		const [name, value, in61, in611, in612] = line.split(/\s+/);
		const row = TASK_FLAG_ROWS.find((r) => r.name === name);
		expect([line, row?.value]).toEqual([line, Number(value)]);
		const kernels = [
			...(in61 === "y" ? ["v6.1"] : []),
			...(in611 === "y" ? ["v6.11"] : []),
			...(in612 === "y" ? ["v6.12.0"] : []),
			...(in612 === "y" || in612 === "117" ? ["v6.12.117"] : []),
		];
		expect([line, row?.kernels]).toEqual([line, kernels]);
	}
});

test("PF and the rows name the same bits", () => {
	const fromRows = Object.fromEntries(TASK_FLAG_ROWS.map((r) => [r.name.slice(3), r.value]));
	expect(fromRows).toEqual(PF);
});

test.each(TASK_FLAG_KERNELS)("in %s every row is one bit and no two share it", (kernel) => {
	const values = taskFlagRowsOf(kernel).map((r) => r.value);
	for (const value of values) expect(value & (value - 1)).toBe(0);
	expect(new Set(values).size).toBe(values.length);
	expect(values).toEqual(values.toSorted((a, b) => a - b));
});

test("the name trap: the flag of memalloc_noreclaim_save is another bit than PF_MEMALLOC_NORECLAIM", () => {
	expect(PF.MEMALLOC & PF.MEMALLOC_NORECLAIM).toBe(0);
});
