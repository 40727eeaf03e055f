import { InputError } from "@pagelab/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MachineState, ZoneState } from "../machine-state.ts";
import { restore } from "../restore.ts";
import { snapshot } from "../snapshot.ts";
import { validate } from "../validate.ts";
import { bootMachine, bootModel } from "./boot-machine.ts";
import { checkMachineSpec, type MachineSpec } from "./machine-spec.ts";
import { parseMachineSpec } from "./parse-machine-spec.ts";

const boot = (text: string): MachineState => bootMachine(parseMachineSpec(text), "v6.12.117");
const zonesOf = (state: MachineState): readonly ZoneState[] => state.nodes.flatMap((n) => n.zones);
const limitsOf = (z: ZoneState): unknown => {
	const pcp = z.pcp[0];
	return [z.name, z.managed, z.wmark, z.percpuDriftMark, pcp?.batch, pcp?.highMin, pcp?.highMax, pcp?.statThreshold];
};

describe("the reference machines (buddy.md §1, §3, §5, §11)", () => {
	test("pc-4g", () => {
		const state = boot("pc-4g");
		expect(state.globals.minFreeKbytes).toBe(8126);
		expect(zonesOf(state).map(limitsOf)).toEqual([
			["DMA", 3840, [7, 10, 13, 16], 37, 1, 4, 120, 6],
			["DMA32", 765_952, [1507, 2272, 3037, 3802], 0, 63, 568, 23_936, 36],
			["Normal", 262_144, [515, 777, 1039, 1301], 0, 63, 252, 8192, 30],
		]);
		expect(zonesOf(state).map((z) => z.pcp.length)).toEqual([4, 4, 4]);
	});

	test("pc-4g with THP: min_free_kbytes of most desktops", () => {
		const state = boot("pc-4g,thp=on");
		expect(state.globals.minFreeKbytes).toBe(67_584);
		expect(zonesOf(state).map((z) => z.wmark)).toEqual([
			[62, 77, 92, 107],
			[12_541, 15_676, 18_811, 21_946],
			[4292, 5365, 6438, 7511],
		]);
	});

	test("one-zone machines", () => {
		expect(zonesOf(boot("1g-one-zone")).map(limitsOf)).toEqual([
			["Normal", 262_144, [1024, 1286, 1548, 1810], 0, 63, 321, 8192, 30],
		]);
		expect(zonesOf(boot("64m-one-zone")).map(limitsOf)).toEqual([
			["Normal", 16_384, [256, 320, 384, 448], 0, 3, 320, 2048, 2],
		]);
	});
});

test("lowmem_reserve follows the kernel (buddy.md §4)", () => {
	const reserves = (kernel: "v6.11" | "v6.12.0" | "v6.12.117"): unknown =>
		zonesOf(bootMachine(parseMachineSpec("pc-4g"), kernel)).map((z) => z.lowmemReserve);
	const none = [0, 0, 0, 0, 0];
	expect(reserves("v6.12.117")).toEqual([[0, 2992, 4016, 4016, 4016], [0, 0, 1024, 1024, 1024], none]);
	expect(reserves("v6.12.0")).toEqual([[0, 2992, 4016, 0, 0], [0, 0, 1024, 0, 0], none]);
	expect(reserves("v6.11")).toEqual(reserves("v6.12.0"));
});

test("free lists are ascending, so that the lowest frames go first", () => {
	const [dma] = zonesOf(boot("16M")) as [ZoneState];
	expect(dma.free.map((lists) => lists[1])).toEqual([
		[],
		[],
		[],
		[],
		[],
		[],
		[320],
		[384],
		[],
		[512],
		[1024, 2048, 3072],
	]);
	expect(dma.blocks).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
});

test("THP, and with it the raise, needs 512 MiB of managed memory", () => {
	expect(boot("512M").globals.minFreeKbytes).toBe(2870); // isqrt(16 * 4 * 128768)
	// 136832 pages managed, of which 30 + 1076 below the high marks: 4 * floor(135726 / 20).
	expect(boot("544M").globals.minFreeKbytes).toBe(27_144);
	expect(boot("2G").globals.minFreeKbytes).toBe(45_056);
	expect(boot("2G,thp=off").globals.minFreeKbytes).toBe(5745);
});

test("machines below 10 MiB group nothing by mobility", () => {
	expect(boot("10M").globals.pageGroupByMobilityDisabled).toBe(true);
	expect(boot("11M").globals.pageGroupByMobilityDisabled).toBe(false);
});

test("two nodes share CPUs and memory, and fall back to each other", () => {
	const state = boot("1G,nodes=2,cpus=3");
	expect(state.globals.nrOnlineNodes).toBe(2);
	expect(state.nodes.map((n) => n.zonelists)).toEqual([
		[
			[
				[0, 1],
				[0, 0],
				[1, 1],
			],
			[
				[0, 1],
				[0, 0],
			],
		],
		[
			[
				[1, 1],
				[0, 1],
				[0, 0],
			],
			[[1, 1]],
		],
	]);
	// Two CPUs on node 0, one on node 1.
	const [dma, low, high] = zonesOf(state) as [ZoneState, ZoneState, ZoneState];
	expect([dma, low, high].map((z) => z.pcp[0]?.highMin)).toEqual(
		[dma, low, high].map((z, i) => Math.floor((z.wmark[1] ?? 0) / (i < 2 ? 2 : 1))),
	);
});

test("a machine of the first MiB only has no memory to manage", () => {
	expect(() => boot("1M")).toThrow(InputError);
	expect(() => boot("1M")).toThrow("a PC of 256 pages has no memory left for the allocator, expected more than 1 MiB");
	expect(() => bootMachine({ ...parseMachineSpec("1G"), memoryPages: Number.NaN }, "v6.11")).toThrow(InputError);
});

const anySpec = fc
	.record({
		memoryPages: fc.oneof(
			fc.integer({ min: 300, max: 20_000 }),
			fc.integer({ min: 20, max: 1100 }).map((n) => n * 1024),
		),
		nodes: fc.integer({ min: 1, max: 4 }),
		cpus: fc.integer({ min: 1, max: 9 }),
		layout: fc.constantFrom("pc" as const, "one-zone" as const),
		thp: fc.boolean(),
	})
	.filter((spec: MachineSpec) => {
		try {
			checkMachineSpec(spec);
			return true;
		} catch {
			return false;
		}
	});

test("any machine boots into a state that adds up and survives restore and snapshot", () => {
	fc.assert(
		fc.property(anySpec, fc.constantFrom("v6.11" as const, "v6.12.117" as const), (spec, kernel) => {
			const state = bootMachine(spec, kernel);
			expect(validate(bootModel(spec, kernel))).toEqual([]);
			expect(snapshot(restore(state, kernel))).toEqual(state);
			for (const zone of zonesOf(state)) expect(zone.nrFreePages).toBe(zone.managed);
		}),
		{ numRuns: 40 },
	);
});

test("268 435 456 frames: every max-order block is free and the model adds up", () => {
	const model = bootModel(parseMachineSpec("1T"), "v6.12.117");
	expect(validate(model)).toEqual([]);
	const normal = model.zones.at(-1);
	expect([normal?.endPfn, normal?.nrFree[10]]).toEqual([268_435_456 + 262_144, (1024 - 3 - 16) * 256]);
});
