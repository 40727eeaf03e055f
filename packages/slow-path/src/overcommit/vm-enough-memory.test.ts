import fc from "fast-check";
import { expect, test } from "vitest";
import { commitLimit, overcommitReserves, type OvercommitState, vmEnoughMemory } from "./vm-enough-memory.ts";

/** 2 GiB of RAM, 1 GiB of swap; the reserves of a machine with 1 GiB free at boot. */
const STATE: OvercommitState = {
	mode: "guess",
	totalram: 500_000,
	totalSwap: 262_144,
	hugetlb: 0,
	committed: 0,
	limit: { ratio: 50 },
	...overcommitReserves(262_144),
	totalVm: 64_000,
};

test("guessing refuses only what RAM and swap together could never hold", () => {
	expect(vmEnoughMemory(762_144, false, STATE)).toBe(true);
	expect(vmEnoughMemory(762_145, false, STATE)).toBe(false);
	expect(vmEnoughMemory(1e9, false, { ...STATE, mode: "always" })).toBe(true);
});

test("reserves at boot: a thirty-second of what is free, 8 MiB and 128 MiB at most", () => {
	expect(overcommitReserves(262_144)).toEqual({ adminReserve: 2048, userReserve: 8192 });
	expect(overcommitReserves(2 ** 22)).toEqual({ adminReserve: 2048, userReserve: 32_768 });
	expect(overcommitReserves(6400)).toEqual({ adminReserve: 200, userReserve: 200 });
});

test("never: what is committed stays below half of RAM and the swap, less the reserves", () => {
	// 500000 * 50 / 100 + 262144 = 512144; the admin's 2048 go, and of the user's 8192 only 64000 / 32 = 2000.
	const never: OvercommitState = { ...STATE, mode: "never" };
	expect(commitLimit(never)).toBe(512_144);
	expect(vmEnoughMemory(1, false, { ...never, committed: 508_095 })).toBe(true);
	expect(vmEnoughMemory(1, false, { ...never, committed: 508_096 })).toBe(false);
	expect(vmEnoughMemory(1, true, { ...never, committed: 510_143 })).toBe(true);
	expect(vmEnoughMemory(1, true, { ...never, committed: 510_144 })).toBe(false);
	expect(vmEnoughMemory(1, true, { ...never, committed: 512_143, totalVm: undefined })).toBe(true);
	expect(commitLimit({ ...never, hugetlb: 100_000 })).toBe(462_144);
	expect(commitLimit({ ...never, limit: { pages: 1000 } })).toBe(263_144);
});

test("a task with CAP_SYS_ADMIN gets whatever another one gets", () => {
	fc.assert(
		fc.property(
			fc.constantFrom("guess", "always", "never"),
			fc.nat(1_000_000),
			fc.nat(1_000_000),
			(mode, pages, committed) => {
				const state: OvercommitState = { ...STATE, mode, committed };
				expect(vmEnoughMemory(pages, true, state) || !vmEnoughMemory(pages, false, state)).toBe(true);
			},
		),
	);
});
