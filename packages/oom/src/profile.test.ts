import { KERNEL_IDS } from "@pagelab/base";
import { expect, test } from "vitest";
import { OOM_KERNELS, oomProfile } from "./profile.ts";

test("each kernel has its slice, with evidence and source for each row", () => {
	for (const kernel of KERNEL_IDS) expect(OOM_KERNELS).toContain(kernel);
	for (const kernel of OOM_KERNELS) {
		const { kernel: name, ...rows } = oomProfile(kernel);
		expect(name).toBe(kernel);
		for (const row of Object.values(rows)) {
			expect(["read in source", "inferred"]).toContain(row.evidence);
			expect(row.source).toMatch(/^oom\.md §\d/);
		}
	}
});

test("6.11 and 6.12 are alike; 6.1 differs for a mask of 0 only", () => {
	const rows = (kernel: (typeof OOM_KERNELS)[number]): unknown[] => Object.values(oomProfile(kernel)).slice(1);
	expect(rows("v6.11")).toEqual(rows("v6.12.117"));
	expect(rows("v6.12.0")).toEqual(rows("v6.12.117"));
	const differs = rows("v6.1").map((row, i) => JSON.stringify(row) !== JSON.stringify(rows("v6.11")[i]));
	expect(differs.filter(Boolean).length).toBe(1);
});
