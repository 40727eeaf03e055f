import { expect, test } from "vitest";
import { loggedZones, type MemoryReport, type OomEvent, readKlog } from "../index.ts";
import { readFixture } from "../../../../tools/fixtures/fixture.ts";

const memInfoOf = (...lines: string[]) => (readKlog(lines.join("\n"))[0] as MemoryReport).memInfo;

test("zones of 64 KiB pages", () => {
	const memInfo = memInfoOf(
		"Node 0 Normal free:5437504kB min:180224kB low:225280kB high:270336kB reserved_highatomic:0KB present:8388608kB managed:8297600kB free_pcp:640kB free_cma:0kB",
		"lowmem_reserve[]: 0 0 0",
		"Node 0 Normal: 6*64kB (ME) 11*128kB (UME) 322*256kB (M) = 84224kB",
	);
	expect(memInfo.pageKb).toBe(64);
	expect(loggedZones(memInfo)).toEqual([
		{
			node: 0,
			zone: "Normal",
			free: 84961,
			min: 2816,
			low: 3520,
			high: 4224,
			boost: null,
			present: 131072,
			managed: 129650,
			reserved_highatomic: 0,
			free_highatomic: null,
			free_cma: 0,
			free_pcp: 10,
			lowmem_reserve: [0, 0, 0],
			orders: [
				{ order: 0, blocks: 6, types: "ME" },
				{ order: 1, blocks: 11, types: "UME" },
				{ order: 2, blocks: 322, types: "M" },
			],
			listed: 1316,
		},
	]);
});

test("a zone without its free list, HighMem and CMA without NUMA", () => {
	const event = readKlog(readFixture("klog/074.log"))[0] as OomEvent;
	const zones = loggedZones(event.memInfo as NonNullable<OomEvent["memInfo"]>);
	expect(zones.map(({ node, zone, free, boost, free_cma }) => ({ node, zone, free, boost, free_cma }))).toEqual([
		{ node: 0, zone: "DMA", free: 2186, boost: 2048, free_cma: 0 },
		{ node: 0, zone: "HighMem", free: 65339, boost: 0, free_cma: 65280 / 4 },
	]);
	expect(zones[1]?.orders?.at(-1)).toEqual({ order: 11, blocks: 30, types: "MC" });
	const bare = memInfoOf("DMA free:8kB min:4kB low:4kB high:4kB", "HighMem: 1*4kB 0*8kB = 4kB");
	expect(loggedZones(bare)).toMatchObject([{ zone: "DMA", free: 2, orders: null, listed: null }]);
});

test("without free lists the page size follows from a counter in both units", () => {
	const memInfo = memInfoOf(
		"active_anon:71 inactive_anon:3279 isolated_anon:0",
		"Node 0 active_anon:4544kB inactive_anon:209856kB isolated(anon):0kB",
		"Node 0 Normal free:5437504kB min:180224kB low:225280kB high:270336kB",
	);
	expect(memInfo.pageKb).toBe(64);
	expect(loggedZones(memInfo)[0]?.min).toBe(2816);
	const small = memInfoOf(
		"active_anon:71 inactive_anon:2 isolated_anon:0",
		"Node 0 active_anon:4544kB inactive_anon:32kB isolated(anon):0kB",
		"Node 0 Normal free:5437504kB min:180224kB low:225280kB high:270336kB",
	);
	expect(small.pageKb).toBe(64);
	const unknown = memInfoOf("Node 0 Normal free:5437504kB min:180224kB low:225280kB high:270336kB");
	expect(unknown.pageKb).toBeNull();
	expect(loggedZones(unknown)).toEqual([]);
});
