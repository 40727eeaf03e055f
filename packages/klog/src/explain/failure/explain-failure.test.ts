import fc from "fast-check";
import { GFP } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../../tools/fixtures/shared-folder.ts";
import { readKlog } from "../../index.ts";
import type { Statement } from "../statement.ts";
import { explainFailure, type FailureExplanation } from "./explain-failure.ts";
import { type FailureEvent, isFailure } from "./failed-request.ts";
import { freeListPictures } from "./free-list-picture.ts";
import { nofailMask } from "./nofail-statements.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const failuresIn = (text: string): FailureEvent[] => readKlog(text).filter(isFailure);

function first(text: string): FailureExplanation {
	const [event] = failuresIn(text);
	if (event === undefined) throw new Error("no failure in this log");
	return explainFailure(event);
}

const fixture = (id: string): FailureExplanation => first(decode(readFixture(`klog/${id}.log`)));
const textOf = (statements: readonly Statement[]): string => statements.map(({ text }) => text).join(" ");
const indexes = ({ pictures }: FailureExplanation): (string | number | null)[][] =>
	pictures.map((p) => [p.zone, p.fragmentationIndex, p.unusablePercent]);
const ends = ({ nofail }: FailureExplanation): string[] => nofail.map(({ end }) => end);

describe("097: 4.9, order 5, GFP_KERNEL", () => {
	const explanation = fixture("097");

	test("the only large blocks are highatomic, or in zones that lowmem_reserve keeps", () => {
		expect(explanation.rung).toBe("S16");
		const decision = textOf(explanation.decision);
		// Normal: 70820 kB are 17705 pages; min 62296 kB are 15574. Its blocks of order 2 to 5 are H alone.
		expect(decision).toContain("Normal: 17705 free - 31 - 1536 highatomic = 16138, above min 15574");
		expect(decision).toContain("but no free block of order 5 or more that it may use");
		// DMA32: 120752 kB are 30188; 5248 kB are 1312; reserve 28657.
		expect(decision).toContain(
			"DMA32: 30188 free - 31 - 512 highatomic = 29645, not above min 1312 + lowmem reserve 28657 = 29969",
		);
		expect(textOf(explanation.freeLists)).toContain(
			"the largest of order 5 (128 kB); 1 of order 5 or more, but none for this request (highatomic only).",
		);
	});

	test("fragmentation: a block of any migratetype counts", () => {
		// DMA32: 918 + 2762 + 1612 + 616 + 1376 + 3520 + 2048 + 1920 + 1280 + 1024 + 13312 = 30388 pages, 7284 of them in blocks of
		// orders 0 to 4: 7284 * 100 / 30388 = 23. Normal: 17874 pages, all but 32.
		expect(indexes(explanation)).toEqual([
			["DMA", -1000, 0],
			["DMA32", -1000, 23],
			["Normal", -1000, 99],
		]);
	});

	test("a core dump could have used kvmalloc; smaller orders were there", () => {
		// Normal: 17705 - 1536 - 15574 = 595; the others are closed to it.
		expect(textOf(explanation.kvmalloc)).toContain(
			"its vmalloc leg needs 32 single pages, and 595 are above the min mark",
		);
		expect(textOf(explanation.kvmalloc)).toContain("would have been served at once");
		// Orders up to 3 are not costly: for them the highatomic blocks are given back before a task is killed.
		expect(textOf(explanation.alternatives)).toContain("order 3 would have been served, from zone Normal (4 blocks");
	});
});

test("106: 5.7, order 6, GFP_DMA: the DMA zone is empty, and the mask allows no other", () => {
	const explanation = fixture("106");
	expect(explanation.rung).toBe("S12");
	expect(textOf(explanation.decision)).toContain("DMA: 0 free - 63 = -63, not above min 0");
	expect(textOf(explanation.kvmalloc)).toContain("asks for a low zone");
	expect(textOf(explanation.alternatives)).toContain("no smaller order would have been served");
	expect(textOf(explanation.alternatives)).toContain("No reserve would have served it");
	// Neither the kernel nor P1 can keep NOFAIL for a caller that must not sleep.
	expect(ends(explanation)).toEqual(["NULL", "NULL", "ended", "ended", "ended"]);
	expect(indexes(explanation).map(([zone, index]) => [zone, index])).toEqual([
		["DMA", 0],
		["DMA32", -1000],
		["Normal", -1000],
	]);
});

test("118: 6.17, order 10, GFP_KERNEL: 1.2 GiB are free, and nothing above order 8", () => {
	const explanation = fixture("118");
	expect(explanation.rung).toBe("S16");
	// DMA32: 431 + 714 + 1564 + 2944 + 5264 + 9568 + 16512 + 25984 + 26368 = 89349 pages in 2739 blocks:
	// 1000 - (1000 + 89349000 / 1024 = 87254) / 2739 = 1000 - 32. Normal: 231009 pages in 38811 blocks: 1000 - 226594 / 38811.
	expect(indexes(explanation)).toEqual([
		["DMA", -1000, 38],
		["DMA32", 968, 100],
		["Normal", 995, 100],
	]);
	// Normal: 924032 kB - 2040 kB - 197860 kB; DMA32: 357328 kB - 2040 kB - 6632 kB less 13970 pages.
	expect(textOf(explanation.kvmalloc)).toContain("needs 1024 single pages, and 254227 are above the min mark");
	expect(textOf(explanation.alternatives)).toContain("order 8 would have been served, from zone DMA32 (4 blocks");
	expect(ends(explanation)).toEqual(["loops", "loops", "loops", "loops", "ended"]);
	expect(textOf(explanation.fragmentation)).toContain("boosted by 34245 pages (min 15220 counts as 49465)");
});

test("128: 6.9, order 0, kswapd: PF_MEMALLOC opens all reserves, and there are none", () => {
	const explanation = fixture("128");
	expect(explanation.request.context.reclaim).toBe("shrink_folio_list");
	expect(explanation.rung).toBe("S12");
	expect(textOf(explanation.decision)).toContain("DMA: 0 free, whatever the marks");
	expect(textOf(explanation.what)).toContain("with PF_MEMALLOC: all reserves are open to it");
	// min 11240 kB, boost 7780 kB.
	expect(textOf(explanation.fragmentation)).toContain("boosted by 1945 pages (min 865 counts as 2810)");
	// P1 has NOFAIL fail for a task with PF_MEMALLOC; the kernel loops.
	expect(ends(explanation)).toEqual(["loops", "NULL", "loops", "loops", "ended"]);
});

test("128, the second report: a slab cache that is full, and a mask that must not sleep", () => {
	const event = failuresIn(decode(readFixture("klog/128.log")))[1];
	if (event === undefined) throw new Error("no second failure");
	const explanation = explainFailure(event);
	expect(explanation.rung).toBeNull();
	expect(textOf(explanation.what)).toContain(
		"SLUB got no new slab of order 0 for cache skbuff_head_cache (objects of 176 bytes) with mask GFP_ATOMIC",
	);
	expect(textOf(explanation.what)).toContain("node 0 has 25 slabs with 450 objects, 0 of them free");
	expect(textOf(explanation.what)).toContain("three eighths of its min mark");
	expect(explanation.notes).toEqual([
		{ basis: "inferred", text: "The report has no state of memory (Mem-Info), so the decision cannot be taken again." },
	]);
});

test("212: vmalloc's huge pages, which it does without", () => {
	const explanation = fixture("212");
	expect(explanation.rung).toBe("S16");
	expect(textOf(explanation.decision)).toContain("makes the whole area of single pages when that fails");
	// DMA32: 11518 pages in 432 blocks; Normal: 33712 in 3164. 1000 - (1000 + 22496) / 432 = 1000 - 54; 1000 - 66843 / 3164.
	expect(indexes(explanation)).toEqual([
		["DMA", -1000, 14],
		["DMA32", 946, 100],
		["Normal", 979, 100],
	]);
	expect(explanation.kvmalloc).toEqual([]);
});

test("201 and 202: vmalloc's addresses, of which free lists say nothing", () => {
	for (const id of ["201", "202"]) {
		const explanation = fixture(id);
		expect(explanation.rung).toBeNull();
		expect(textOf(explanation.decision)).toContain("The area itself was not to be had");
	}
});

test("240: an order above the largest fails before anything is tried", () => {
	const explanation = fixture("240");
	expect(textOf(explanation.decision)).toContain("fails at step E1");
	expect(textOf(explanation.decision)).toContain("__GFP_NOFAIL does not help");
	expect([explanation.settings, explanation.notes]).toEqual([[], []]);
});

test("220: a stall is no failure", () => {
	expect(textOf(fixture("220").what)).toContain("has waited for 10273 ms for 1024 pages in a row (order 10)");
	expect(textOf(fixture("220").what)).toContain("it has not failed");
});

describe.skipIf(sharedFolder === undefined)("more logs (needs the shared folder)", () => {
	test("104: 5.19, order 4, GFP_NOFS: a page short of the lowmem reserve, and nothing above order 3 in Normal", () => {
		const explanation = first(decode(readShared("klog/104/log.txt")));
		expect(explanation.rung).toBe("S16");
		// DMA32: 63456 kB are 15864 pages; min 889 + reserve 14975 = 15864.
		expect(textOf(explanation.decision)).toContain(
			"DMA32: 15864 free - 15 = 15849, not above min 889 + lowmem reserve 14975 = 15864",
		);
		// Normal: 15508 + 2 * 8405 + 4 * 5268 + 8 * 101 = 54198 pages in 29282 blocks: 1000 - (1000 + 3387375) / 29282 = 1000 - 115.
		expect(indexes(explanation).at(-1)).toEqual(["Normal", 885, 100]);
		expect(textOf(explanation.kvmalloc)).toContain("needs 16 single pages, and 5694 are above the min mark");
		// NOFAIL takes half of min as a reserve: 445 + 14975 < 15849.
		expect(ends(explanation)).toEqual(["page", "page", "page", "page", "page"]);
		expect(textOf(explanation.alternatives)).toContain("order 3 would have been served, from zone Normal (2 blocks");
	});

	test("122: 6.8, order 4, GFP_NOIO: reclaim without I/O, no compaction", () => {
		const explanation = first(decode(readShared("klog/122/log.txt")));
		expect(explanation.rung).toBe("S16");
		expect(textOf(explanation.what)).toContain("GFP_NOIO: reclaim must not start I/O, and there is no compaction");
		// DMA32: 9173 + 7926 + 2224 + 40 = 19363 pages in 13697 blocks; Normal: 141767 + 51624 + 24 + 80 = 193495 in 167595.
		expect(indexes(explanation)).toEqual([
			["DMA", -1000, 0],
			["DMA32", 912, 100],
			["Normal", 928, 100],
		]);
	});

	/** The rung on which a recorded request gave up, by its mask (slowpath.md §2). */
	const expectedRung = (gfp: number): string =>
		(gfp & GFP.DIRECT_RECLAIM) === 0 ? "S12" : (gfp & GFP.NORETRY) !== 0 ? "S15" : "S19";

	test.each([
		["allocfail", 6],
		["dryfail", 4],
	])("%s: the rungs that are known from running the recorded failures again", (name, count) => {
		const events = failuresIn(decode(readShared(`oracle/dev/oom/${name}.dmesg.gz`)));
		expect(events).toHaveLength(count);
		for (const event of events) {
			const { rung, otherRungs, request } = explainFailure(event);
			const known = expectedRung(request.gfp ?? 0);
			if ((request.gfp ?? 0) & GFP.NORETRY) {
				// Order 10 with 834 pages free: compaction has no room, so it gives up before reclaim; S15 is where it does if it had.
				expect([rung, otherRungs]).toEqual(["S6", [known]]);
			} else expect([rung, otherRungs]).toEqual([known, []]);
		}
	});

	test("dryfail: the marks that GFP_ATOMIC may go to", () => {
		const [event] = failuresIn(decode(readShared("oracle/dev/oom/dryfail.dmesg.gz")));
		if (event === undefined) throw new Error("no failure");
		const decision = textOf(explainFailure(event).decision);
		// min 1352 (boost 936): 1352 - 676 - 169 = 507. DMA: 34 - 17 - 4 = 13, and 183 of lowmem_reserve.
		expect(decision).toContain(
			"DMA32: 92 free, not above min 1352 with boost 936 less the reserve it may use 845 = 507",
		);
		expect(decision).toContain(
			"DMA: 193 free, not above min 34 less the reserve it may use 21 + lowmem reserve 183 = 196",
		);
	});

	test("a victim's failed page fault: by the rules it does not fail, so something else must be said", () => {
		const [event] = failuresIn(decode(readShared("oracle/dev/oom/adj.dmesg.gz")));
		if (event === undefined) throw new Error("no failure");
		const explanation = explainFailure(event);
		expect(explanation.rung).toBeNull();
		expect(textOf(explanation.decision)).toContain("the OOM killer had chosen its task as a victim");
	});
});

describe("fragmentation numbers", () => {
	/** The measures as mm/vmstat.c defines them, block by block. */
	function slowMeasures(counts: readonly number[], order: number): [index: number, unusable: number] {
		let pages = 0;
		let blocks = 0;
		let large = 0;
		counts.forEach((count, o) => {
			for (let i = 0; i < count; i++) {
				blocks++;
				for (let page = 0; page < 2 ** o; page++) pages++;
				if (o >= order) large += 2 ** o;
			}
		});
		const unusable = pages === 0 ? 0 : Math.trunc(((pages - large) * 100) / pages);
		if (blocks === 0) return [0, unusable];
		if (large > 0) return [-1000, unusable];
		return [1000 - Math.trunc((1000 + Math.trunc((pages * 1000) / 2 ** order)) / blocks), unusable];
	}

	const logOf = (counts: readonly number[], order: number): string => {
		const list = counts.map((n, o) => `${n}*${4 << o}kB${n > 0 ? " (UM)" : ""}`).join(" ");
		const kb = counts.reduce((sum, n, o) => sum + n * (4 << o), 0);
		return [
			`[    1.000000] t: page allocation failure: order:${order}, mode:0xcc0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0`,
			"[    1.000000] CPU: 0 PID: 1 Comm: t Not tainted 6.12.117 #1",
			"[    1.000000] Mem-Info:",
			`[    1.000000] Node 0 Normal free:${kb}kB boost:0kB min:2000kB low:2500kB high:3000kB present:9999996kB managed:9999996kB`,
			"[    1.000000] lowmem_reserve[]: 0 0 0 0 0",
			`[    1.000000] Node 0 Normal: ${list} = ${kb}kB`,
		].join("\n");
	};

	test("as a slow count has them, from the text of a log on", () => {
		const count = fc.oneof(fc.constant(0), fc.nat(40));
		fc.assert(
			fc.property(
				fc.array(count, { minLength: 11, maxLength: 11 }),
				fc.integer({ min: 1, max: 10 }),
				(counts, order) => {
					const [event] = failuresIn(logOf(counts, order));
					if (event?.kind !== "page-allocation-failure" || event.memInfo === null) throw new Error("no failure");
					const [picture] = freeListPictures(event.memInfo, order);
					expect([picture?.fragmentationIndex, picture?.unusablePercent]).toEqual(slowMeasures(counts, order));
					expect(picture?.rows.map(({ blocks }) => blocks)).toEqual(counts);
				},
			),
			{ numRuns: 200 },
		);
	});

	test("the examples of the reference (buddy.md §14)", () => {
		expect(slowMeasures([1000], 4)[0]).toBe(937);
		expect(slowMeasures([0, 0, 0, 8], 4)[0]).toBe(375);
		expect(slowMeasures([0, 5000], 9)[0]).toBe(996);
	});
});

test("NOFAIL stands in the place of the other retry modifiers", () => {
	expect(nofailMask(GFP.DIRECT_RECLAIM | GFP.NORETRY)).toBe(GFP.DIRECT_RECLAIM | GFP.NOFAIL);
	expect(nofailMask(GFP.RETRY_MAYFAIL)).toBe(GFP.NOFAIL);
});

test("what acts over time is not answered, and less min_free_kbytes is never advised", () => {
	for (const id of ["097", "106", "118", "128", "212"]) {
		const explanation = fixture(id);
		expect(textOf(explanation.settings)).toMatch(/^Not decidable from this log: .*min_free_kbytes/);
		expect(JSON.stringify(explanation)).not.toMatch(/(?:lower|reduc|decreas|smaller)\w* (?:vm\.)?min_free_kbytes/i);
	}
});

test("statements that rest on taking the decision again say so", () => {
	for (const { text, basis } of [...fixture("097").decision, ...fixture("118").alternatives]) {
		expect([text, basis]).toEqual([text, "inferred"]);
	}
});
