import { expect, test } from "vitest";
import { bootMachine, freePages, MACHINE_PRESETS, restore, splitPage, takeFrame, validate } from "./index.ts";
import type { MachineSpec } from "./boot/machine-spec.ts";

const preset = MACHINE_PRESETS["64m-one-zone"] as MachineSpec;

test("a split block is freed page by page, and is then as free as before", () => {
	const m = restore(bootMachine(preset, "v6.12.117"), "v6.12.117");
	const free = (): number => {
		const [zone] = m.zones;
		const pcp = zone?.pcps[0];
		return (zone?.freePages ?? 0) + (pcp?.freePagesDiff ?? 0) + (pcp?.count ?? 0);
	};
	const before = free();
	const pfn = takeFrame(m, 0xcc0, 3, 0);
	splitPage(m, pfn, 3);
	expect(free()).toBe(before - 8);
	for (let page = pfn; page < pfn + 8; page++) freePages(m, page, 0);
	expect(free()).toBe(before);
	expect(validate(m)).toEqual([]);
});

test("what is not a block in use cannot be split", () => {
	const m = restore(bootMachine(preset, "v6.12.117"), "v6.12.117");
	const pfn = takeFrame(m, 0xcc0, 2, 0);
	expect(() => splitPage(m, pfn, 3)).toThrow(/split_page/);
	expect(() => splitPage(m, pfn + 1, 0)).toThrow(/split_page/);
});
