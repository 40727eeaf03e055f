import { InputError } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import { restore, validate } from "@pagelab/page-model";
import { formatMemInfo, memInfoOf } from "@pagelab/slow-path";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../../tools/fixtures/shared-folder.ts";
import { type KlogEvent, readKlog } from "../../index.ts";
import { machineOfEvent } from "./machine-of-event.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const fixtureText = (id: string): string => decode(readFixture(`klog/${id}.log`));
const firstEvent = (text: string): KlogEvent => {
	const [event] = readKlog(text);
	if (event === undefined) throw new Error("no event");
	return event;
};
const ALL = { highestZone: 4, nodes: undefined };

/** Lines of Mem-Info that the allocator's own numbers make: marks, reserves and free lists, without other counters. */
const ownLines = (lines: readonly string[]): string[] =>
	lines
		.map((line) => line.replace(/^\[ *\d+\.\d+\] /, ""))
		.filter((line) => /^Node \d+ \w+ free:|^lowmem_reserve|^Node \d+ \w+: \d+\*/.test(line))
		.map((line) => line.replace(/ active_anon:.*(?= present:)/, "").replace(/ mlocked:.*(?= free_pcp:)/, ""));

const BOOTS = ["allocfail", "dryfail", "single", "memcg", "mix", "swap", "threads", "adj"];

describe.skipIf(sharedFolder === undefined)("recorded boots (needs the shared folder)", () => {
	test.each(BOOTS)("%s: the machine of each event prints the Mem-Info that was logged, letter by letter", (name) => {
		const text = decode(readShared(`oracle/dev/oom/${name}.dmesg.gz`));
		const logLines = text.split("\n");
		const events = readKlog(text).filter((event) => "memInfo" in event && event.memInfo !== null);
		for (const event of events) {
			const expected = ownLines(logLines.slice(event.firstLine - 1, event.lastLine));
			for (const frames of ["request", "whole"] as const) {
				const { state, kernel, notes } = machineOfEvent(event, { frames });
				const model = restore(state, kernel);
				expect(validate(model)).toEqual([]);
				expect(ownLines(formatMemInfo(memInfoOf(model), ALL))).toEqual(expected);
				expect(kernel).toBe("v6.12.117");
				expect(notes.every(({ text: note }) => note.endsWith("."))).toBe(true);
			}
		}
		// memcg's report has the cgroup in the place of Mem-Info.
		expect(events.length > 0).toBe(name !== "memcg");
	});
});

/** The numbers of a zone's line and of its free list, read with patterns of its own. */
function readZones(
	text: string,
): Map<string, { numbers: (number | undefined)[]; blocks: number[]; reserve: number[] }> {
	const flat = text.replace(/\n(?!\[|Node|DMA|lowmem)/g, " ");
	const zones = new Map<string, { numbers: (number | undefined)[]; blocks: number[]; reserve: number[] }>();
	for (const match of flat.matchAll(
		/(?:Node (\d+) )?\b(DMA32|DMA|Normal|HighMem) (free:.*?lowmem_reserve\[\]:((?: \d+)+))/gs,
	)) {
		const [, node = "0", name = "", body = "", reserve = ""] = match;
		const value = (key: string): number | undefined => {
			const found = new RegExp(`\\b${key}:\\s*(\\d+)kB`).exec(body)?.[1];
			return found === undefined ? undefined : Number(found) / 4;
		};
		const list = new RegExp(`(?:Node ${node} )?\\b${name}: (\\d+\\*4kB.*?) = \\d+kB`, "s").exec(flat)?.[1] ?? "";
		zones.set(`${node} ${name}`, {
			numbers: ["free", "min", "low", "high", "present", "managed"].map(value),
			blocks: [...list.matchAll(/(\d+)\*\d+kB/g)].map((m) => Number(m[1])),
			reserve: reserve.trim().split(" ").map(Number),
		});
	}
	return zones;
}

test.each([
	["097", "v6.11", 3],
	["106", "v6.11", 3],
	["118", "v6.12.117", 3],
	["128", "v6.11", 1],
	["176", undefined, 0],
	["212", "v6.11", 3],
] as const)("log %s from the wild: marks, pages and blocks of each zone, by another reader", (id, kernel, count) => {
	const text = fixtureText(id);
	const zones = readZones(text.replace(/^.*? host kernel: /gm, "").replace(/^\[ *\d+\.\d+\] /gm, ""));
	expect(zones.size).toBe(count);
	if (kernel === undefined) return;
	const machine = machineOfEvent(firstEvent(text), { frames: "whole" });
	expect(machine.kernel).toBe(kernel);
	const model = restore(machine.state, machine.kernel);
	expect(model.zones.map(({ node, name }) => `${node} ${name}`).sort()).toEqual([...zones.keys()].sort());
	for (const zone of memInfoOf(model).zones) {
		const expected = zones.get(`${zone.node} ${zone.name}`);
		const own = [zone.free, zone.min, zone.low, zone.high, zone.present, zone.managed];
		expect(own).toEqual(expected?.numbers);
		expect(zone.blocks.map((b) => b.count)).toEqual(expected?.blocks);
	}
});

test("columns of lowmem_reserve: 64-bit kernels have DMA32, 32-bit ones HighMem, which a report may leave out", () => {
	const reserveOf = (id: string, zone: string): readonly number[] | undefined =>
		machineOfEvent(firstEvent(fixtureText(id))).state.nodes[0]?.zones.find((z) => z.name === zone)?.lowmemReserve;
	// x86-64 of 5 columns.
	expect(reserveOf("097", "DMA32")).toEqual([0, 0, 28_657, 28_657, 28_657]);
	// arm64 of 4 columns: no Device.
	expect(reserveOf("106", "DMA")).toEqual([0, 250, 6063, 6063, 6063]);
	// 32-bit PowerPC prints "0 0 1280 1280" for DMA, Normal, HighMem, Movable: a GFP_KERNEL request may use all of DMA.
	expect(reserveOf("128", "DMA")).toEqual([0, 0, 0, 1280, 1280]);
});

test("a kernel that does not print reserved_highatomic has reserved whole pageblocks where there are blocks with H", () => {
	const { state, notes } = machineOfEvent(firstEvent(fixtureText("097")));
	const reserved = state.nodes[0]?.zones.map(({ name, nrReservedHighatomic }) => [name, nrReservedHighatomic]);
	// DMA32 has H beside other letters in orders 0 to 5: 63 pages at least. Normal has 195, 55, 10 and 1 blocks of orders 2, 3,
	// 4 and 5 that are H alone, 1412 pages, and H beside others in orders 0 and 1.
	expect(reserved).toEqual([
		["DMA", 0],
		["DMA32", 512],
		["Normal", 1536],
	]);
	expect(notes.map(({ text }) => text)).toContain(
		"Normal: reserved_highatomic is not printed; from its blocks with H at least 1536 pages are reserved, and so many are taken.",
	);
});

test("pages of free_pcp: this CPU's and others'", () => {
	const { state } = machineOfEvent(firstEvent(fixtureText("106")));
	const normal = state.nodes[0]?.zones.find((z) => z.name === "Normal");
	// free_pcp:876kB local_pcp:176kB
	expect(normal?.pcp.map(({ cpu, count }) => [cpu, count])).toEqual([
		[0, 44],
		[1, 175],
	]);
});

test("what reclaim could take: anonymous pages only where there is free swap", () => {
	const { reclaimable, state } = machineOfEvent(firstEvent(fixtureText("097")), { frames: "whole" });
	// Normal: (104140 + 73848 + 25939300 + 1692436) / 4; swap is free.
	expect(reclaimable).toEqual([
		0,
		(3372 + 1580 + 2_209_792 + 66_432) / 4,
		(104_140 + 73_848 + 25_939_300 + 1_692_436) / 4,
	]);
	const onLru = state.nodes
		.flatMap((n) => n.pages)
		.reduce((sum, [kind, , pages]) => sum + (kind === "L" ? pages : 0), 0);
	// The layout has no room for the gaps beside free blocks: some pages of the zone are missing.
	expect(onLru).toBeGreaterThan(0.98 * reclaimable.reduce((a, b) => a + b, 0));
});

describe("what a log leaves open", () => {
	const zoneLine = (more: string): string =>
		`[    1.000000] Node 0 Normal free:4000kB boost:0kB min:2000kB low:2500kB high:3000kB reserved_highatomic:2048KB ${more}present:65536kB managed:60000kB mlocked:0kB free_pcp:0kB local_pcp:0kB free_cma:800kB`;
	const logOf = (mask: string, list: string | null, more = ""): string =>
		[
			`[    1.000000] t: page allocation failure: order:4, mode:${mask}, nodemask=(null),cpuset=/,mems_allowed=0`,
			"[    1.000000] CPU: 0 PID: 1 Comm: t Not tainted 6.17.1 #1",
			"[    1.000000] Mem-Info:",
			zoneLine(more),
			"[    1.000000] lowmem_reserve[]: 0 0 0 0 0",
			list === null
				? // The page size is that of another zone's list.
					"[    1.000000] Node 0 DMA: 0*4kB 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB 0*1024kB 0*2048kB 0*4096kB = 0kB"
				: `[    1.000000] Node 0 Normal: ${list}`,
			"",
		].join("\n");
	const LIST =
		"100*4kB (UM) 50*8kB (UMEC) 100*16kB (MH) 30*32kB (C) 0*64kB 1*128kB (I) 0*256kB 1*512kB (R) 0*1024kB 0*2048kB 0*4096kB = 4000kB";
	const machine = (log: string) => machineOfEvent(firstEvent(log));
	const countsOf = (log: string, order: number): number[] => {
		const zone = machine(log).state.nodes[0]?.zones[0];
		return (zone?.free[order] ?? []).map((list) => list.length);
	};
	const unmovable = logOf("0x40cc0(GFP_KERNEL|__GFP_COMP)", LIST);
	const movable = logOf("0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)", LIST);

	test("several letters of one order: one block each, the rest movable", () => {
		expect(countsOf(unmovable, 0)).toEqual([1, 99, 0, 0, 0]);
		expect(machine(unmovable).notes).toContainEqual({
			basis: "inferred",
			text: "Normal: blocks of order 0, 1, 2 are of several migratetypes; how many of each is not printed, so each letter gets one and one letter the rest.",
		});
	});

	test("free_highatomic says how many pages H has", () => {
		const known = logOf("0x40cc0(GFP_KERNEL|__GFP_COMP)", LIST, "free_highatomic:320KB ");
		// 320 kB are 20 of the blocks of 16 kB.
		expect(countsOf(known, 2)[MIGRATE.HIGHATOMIC]).toBe(20);
		expect(countsOf(unmovable, 2)[MIGRATE.HIGHATOMIC]).toBe(1);
	});

	test("CMA blocks belong to movable requests: others do not see them", () => {
		expect(countsOf(movable, 3)).toEqual([0, 30, 0, 0, 0]);
		expect(countsOf(unmovable, 3)).toEqual([0, 0, 0, 0, 0]);
		const freePages = (log: string): number | undefined => machine(log).state.nodes[0]?.zones[0]?.nrFreePages;
		expect(freePages(movable)).toBe(1000);
		// 240 pages of order 3 and one block of order 1; free_cma says 200, which they exceed.
		expect(freePages(unmovable)).toBe(1000 - 240 - 2);
	});

	test("isolated blocks are nobody's, and those of MIGRATE_RESERVE anybody's", () => {
		expect(countsOf(unmovable, 5)).toEqual([0, 0, 0, 0, 0]);
		expect(countsOf(unmovable, 7)).toEqual([1, 0, 0, 0, 0]);
	});

	test("a missing free list: the fewest blocks, and a note", () => {
		const log = logOf("0x40cc0(GFP_KERNEL|__GFP_COMP)", null);
		const [zone] = machine(log).state.nodes[0]?.zones ?? [];
		// 1000 = 512 + 256 + 128 + 64 + 32 + 8.
		expect(zone?.nrFree).toEqual([0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 0]);
		expect(machine(log).notes.map(({ text }) => text)).toContain(
			"Normal has no free list in the log: its free pages are taken to be in the fewest blocks.",
		);
	});

	test("the kernel is the nearest one, and the note says so", () => {
		expect(machine(unmovable)).toMatchObject({ kernel: "v6.12.117" });
		expect(machine(unmovable).kernelNote?.text).toBe(
			"Linux 6.17.1 is newer than the modelled kernels: decisions are taken again as Linux 6.12.117 takes them.",
		);
		expect(machine(unmovable.replace("6.17.1", "6.12.20")).kernelNote?.text).toContain("between the modelled kernels");
		expect(machine(unmovable.replace("6.17.1", "6.11.4"))).toMatchObject({ kernel: "v6.11", kernelNote: null });
	});

	test("every machine recounts", () => {
		for (const log of [unmovable, movable]) {
			const { state, kernel } = machine(log);
			expect(validate(restore(state, kernel))).toEqual([]);
		}
	});
});

test("events without a state of memory are refused with their line", () => {
	const text =
		"[    1.000000] SLUB: Unable to allocate memory on node -1, gfp=0x820(GFP_ATOMIC)\n[    1.000000]   cache: a, object size: 176, buffer size: 224, default order: 0, min order: 0\n";
	expect(() => machineOfEvent(firstEvent(text))).toThrow(InputError);
	expect(() => machineOfEvent(firstEvent(text))).toThrow("the event has no Mem-Info with zones");
});

test("absurd numbers cost neither time nor memory", () => {
	const text = fixtureText("097").replace("15574*4kB", "999999999*4kB");
	expect(() => machineOfEvent(firstEvent(text))).toThrow("is too large for the model");
});
