import { ALLOC, MIGRATE } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { bootModel } from "./boot/boot-machine.ts";
import { parseMachineSpec } from "./boot/parse-machine-spec.ts";
import { freePages } from "./free-pages.ts";
import { addToFreeList, delFromFreeList } from "./free-list.ts";
import { FRAME_FREE, FRAME_PCP, listDel } from "./frames.ts";
import { getPageFromFreelist } from "./get-page-from-freelist.ts";
import type { PageModel } from "./page-model.ts";
import { testModel, zoneAt } from "./test-machine.fixture.ts";
import { validate } from "./validate.ts";
import type { Zone } from "./zone.ts";

const { MOVABLE: M, HIGHATOMIC: H } = MIGRATE;

/** Zone 0: frames 0 to 2047, order 10 free at 1024, order 3 at 16, order 0 at 32 and 40, frame 64 on a per-CPU list. */
function healthy(): PageModel {
	const m = testModel([
		{
			idx: 1,
			pages: 2048,
			free: [
				[0, M, 32, 40],
				[3, M, 16],
				[10, M, 1024],
			],
			pcp: { batch: 3, highMin: 100, highMax: 100, statThreshold: 5 },
		},
		{ start: 2048, pages: 1024, types: { 2048: H }, free: [[2, H, 2048]], reservedHighatomic: 512 },
	]);
	freePages(m, 64, 0);
	expect(validate(m)).toEqual([]);
	return m;
}

type Plant = (m: PageModel, zone: Zone) => void;
const freeHead = (zone: Zone, order: number, type: number = M): number => zone.freeHead + 5 * order + type;

describe("each kind of corruption is found", () => {
	const plants: readonly (readonly [name: string, plant: Plant, message: RegExp])[] = [
		[
			"a link that leads nowhere",
			(m, z) => {
				m.frames.links[2 * freeHead(z, 0)] = -7;
			},
			/leads to -7, which is no frame/,
		],
		[
			"a link back that is wrong",
			(m) => {
				m.frames.links[2 * 40 + 1] = 16;
			},
			/40 does not point back to 32/,
		],
		[
			"a tail that is not the last member",
			(m, z) => {
				m.frames.links[2 * freeHead(z, 0) + 1] = 32;
			},
			/the last member is not its tail/,
		],
		[
			"a list that runs in a circle",
			(m) => {
				m.frames.links[2 * 40] = 32;
				m.frames.links[2 * 32 + 1] = 40;
			},
			/does not (end|point back)/,
		],
		[
			"a block of another zone",
			(m, z) => {
				delFromFreeList(m.frames, zoneAt(m, 1), 2048, 2);
				addToFreeList(m.frames, z, 2048, 2, M, true);
			},
			/free block 2048 of order 2 is outside of the zone/,
		],
		[
			"a block that is not aligned",
			(m, z) => addToFreeList(m.frames, z, 101, 1, M, true),
			/101 of order 1 is not aligned/,
		],
		[
			"a block with another mark",
			(m) => {
				m.frames.state[16] = FRAME_FREE + 2;
			},
			/free block 16 of order 3 is not marked as such/,
		],
		[
			"a block on the list of another migratetype",
			(m, z) => {
				delFromFreeList(m.frames, z, 16, 3);
				addToFreeList(m.frames, z, 16, 3, MIGRATE.RECLAIMABLE, true);
			},
			/16 of order 3 is on the list of migratetype 2 but its pageblock has 1/,
		],
		[
			"a pageblock of another type",
			(m) => {
				m.frames.blockType[2] = MIGRATE.UNMOVABLE;
			},
			/1024 of order 10 is on the list of migratetype 1 but its pageblock has 0/,
		],
		[
			"a block that is marked free and on no list",
			(m) => {
				listDel(m.frames.links, 16);
			},
			/1 frames are marked free of order 3, the lists hold 0/,
		],
		[
			"a max-order block that is marked free and on no list",
			(m) => {
				listDel(m.frames.maxLinks, 1);
			},
			/1 frames are marked free of order 10, the lists hold 0/,
		],
		[
			"a frame that is noted as a single page in use",
			(m) => {
				m.frames.singles[1024 >> 5] = 1;
			},
			/frame 1024 is noted as a single page in use/,
		],
		[
			"per-CPU lists of another CPU",
			(_, z) => {
				z.pcp = undefined;
			},
			/the current per-CPU lists are not those of CPU 0/,
		],
		[
			"a count of free blocks",
			(_, z) => {
				z.nrFree[3] = 2;
			},
			/nr_free of order 3 is 2, not 1/,
		],
		[
			"the count of free pages",
			(_, z) => {
				z.freePages += 1;
			},
			/NR_FREE_PAGES is 1035 but the lists hold 1034 pages/,
		],
		[
			"the count of free highatomic pages",
			(m) => {
				zoneAt(m, 1).nrFreeHighatomic = 5;
			},
			/nr_free_highatomic is 5 but the lists hold 4 pages/,
		],
		[
			"a CPU's part of a counter beyond its threshold",
			(_, z) => {
				const pcp = z.pcps[0];
				if (pcp !== undefined) pcp.freePagesDiff = 6;
				z.freePages -= 6;
			},
			/counter part beyond its threshold/,
		],
		[
			"the count of a per-CPU pageset",
			(_, z) => {
				const pcp = z.pcps[0];
				if (pcp !== undefined) pcp.count = 3;
			},
			/per-CPU lists of CPU 0: count is 3 but the lists hold 1/,
		],
		[
			"a page on a per-CPU list with another mark",
			(m) => {
				m.frames.state[64] = FRAME_PCP + 1;
			},
			/per-CPU lists of CPU 0: 64 is not marked as order 0/,
		],
		[
			"a page that is marked per-CPU and on no list",
			(m) => {
				m.frames.state[100] = FRAME_PCP;
			},
			/2 pages are marked per-CPU, lists hold 1/,
		],
		[
			"a per-CPU page outside of the zone",
			(m, z) => {
				const pcp = z.pcps[0];
				const head = (pcp?.head ?? 0) + M;
				m.frames.links[2 * head] = 2100;
				m.frames.links[2 * head + 1] = 2100;
				m.frames.links[2 * 2100] = head;
				m.frames.links[2 * 2100 + 1] = head;
			},
			/per-CPU lists of CPU 0: 2100 is outside of the zone/,
		],
		[
			"a frame that is nothing",
			(m) => {
				m.frames.state[200] = 0;
			},
			/frame 200 is neither free nor in use/,
		],
		...[17, 23].map((inside): readonly [string, Plant, RegExp] => [
			`a mark inside of a free block, at ${inside}`,
			(m) => {
				m.frames.state[inside] = FRAME_FREE;
			},
			new RegExp(`frame ${inside} is inside of the free block 16 of order 3 and marked itself`),
		]),
		...[1024, 1025, 1028, 2047].map((inside): readonly [string, Plant, RegExp] => [
			`a mark inside of a max-order block, at ${inside}`,
			(m) => {
				m.frames.state[inside] = FRAME_FREE;
			},
			new RegExp(`frame ${inside} is inside of the free block 1024 of order 10 and marked itself`),
		]),
	];

	test.each(plants)("%s", (_, plant, message) => {
		const m = healthy();
		plant(m, zoneAt(m, 0));
		expect(validate(m).join("\n")).toMatch(message);
	});
});

test("each zone has its own sentence", () => {
	const m = healthy();
	for (const zone of m.zones) zone.freePages++;
	expect(validate(m)).toHaveLength(2);
});

test("a machine in use is valid, also with pages on the lists of several CPUs", () => {
	const m = bootModel(parseMachineSpec("1G,nodes=2,cpus=2"), "v6.12.117");
	const held: number[] = [];
	for (let i = 0; i < 2000; i++) {
		m.cpu = i % 2;
		held.push(getPageFromFreelist(m, m.zones, 0, i % 3, 2, ALLOC.WMARK_LOW));
	}
	for (const pfn of held.filter((__, i) => i % 3 !== 0)) freePages(m, pfn, 0);
	expect(validate(m)).toEqual([]);
});
