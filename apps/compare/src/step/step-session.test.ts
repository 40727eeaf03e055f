import { InputError, type KernelId } from "@pagelab/base";
import { bootMachine, parseMachineSpec, snapshot, validate } from "@pagelab/page-model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ansiStyle, plainStyle } from "../cli/style.ts";
import { StepSession } from "./step-session.ts";

const sessionOn = (spec: string, kernel: KernelId = "v6.12.117", all = false): StepSession =>
	new StepSession(bootMachine(parseMachineSpec(spec), kernel), { kernel, style: plainStyle, all, title: spec });

/** Lines of several operations, separated by semicolons. */
const lines = (session: StepSession, operations: string): readonly string[] =>
	operations.split(";").flatMap((line) => session.answer(line).lines);

describe("what an operation says", () => {
	test("an allocation: test, claim, split, refill, result; then one from the list", () => {
		expect(lines(sessionOn("64m-one-zone"), "alloc 2 GFP_KERNEL; alloc 2 GFP_KERNEL")).toEqual([
			"zone_watermark_fast: Normal has 16384 free, needs over high 384: passed",
			"try_to_claim_block: Movable block 0 of order 10; its pageblock becomes Unmovable",
			"expand: 0 from order 10 to 2; upper halves to the head of Unmovable: 512 256 128 64 32 16 8 4",
			"rmqueue_bulk: 2 blocks to the per-CPU list of Unmovable, order 2",
			"slot 0: frame 0, order 2, Normal (per-CPU lists: 0 to 4 pages)",
			"zone_watermark_fast: Normal has 16376 free, needs over high 384: passed",
			"slot 1: frame 4, order 2, Normal (per-CPU lists: 4 to 0 pages)",
		]);
	});

	test("a free, and one that drains and merges", () => {
		const session = sessionOn("64m-one-zone");
		lines(session, "alloc 2 GFP_KERNEL; alloc 2 GFP_KERNEL");
		// The second free of an order above 0 in a row, and more than a batch of 3 pages: the lists are given back.
		expect(lines(session, "free 0; free 1")).toEqual([
			"slot 0: 4 pages from frame 0 freed (per-CPU lists: 0 to 4 pages)",
			"free_pcppages_bulk: 8 pages leave the per-CPU lists of Normal",
			"__free_one_page: 0 of order 2; to the tail of Unmovable",
			"__free_one_page: merges with 0 (order 2), 8 (order 3), 16 (order 4), 32 (order 5), 64 (order 6), " +
				"128 (order 7), 256 (order 8), 512 (order 9) into 0 of order 10; to the head of Unmovable",
			"slot 1: 4 pages from frame 4 freed (per-CPU lists: 4 to 0 pages)",
		]);
	});

	test("a lower zone keeps its lowmem_reserve; without pages above the marks a request fails", () => {
		const session = sessionOn("pc-4g", "v6.12.117", true);
		lines(session, "alloc 255 10 GFP_KERNEL");
		const said = lines(session, "alloc 748 10 GFP_KERNEL");
		expect(said).toContain(
			"zone_watermark_fast: Normal has 1024 free, needs over low 777: failed, " +
				"as the 1023 other pages of the block do not count",
		);
		expect(said).toContain("zone_watermark_fast: DMA has 3840 free, needs over low 10 + lowmem_reserve 4016: failed");
		expect(said.slice(-2)).toEqual(["warning: PAGE_ALLOCATION_FAILURE", "no page of order 10"]);
	});

	test("GFP_ATOMIC in the slow path may reserve a pageblock", () => {
		const session = sessionOn("1g-one-zone");
		lines(session, "alloc 254 10 GFP_KERNEL; alloc 800 0 GFP_KERNEL");
		const said = lines(session, "alloc 2 GFP_ATOMIC").map((line) => line.replaceAll(/\d+/g, "N"));
		expect(said.slice(0, 5)).toEqual([
			"zone_watermark_fast: Normal has N free, needs over low N: failed",
			"zone_watermark_fast: Normal has N free, needs over low N: failed",
			"__alloc_pages_slowpath: the fast path found nothing",
			"wakeup_kswapd: Normal, because of the slow path",
			"zone_watermark_fast: Normal has N free, needs over min N: passed",
		]);
		expect(session.machine.model.zones[0]?.nrReservedHighatomic).toBe(512);
		expect(said.at(-2)).toBe("reserve_highatomic_pageblock: N pages of Normal join the reserve");
	});

	test("a request that may use reserves passes where one that may not wait fails", () => {
		const session = sessionOn("64m-one-zone");
		lines(session, "alloc 15 10 GFP_KERNEL; alloc 1000 0 GFP_KERNEL");
		expect(session.answer("alloc 0 GFP_NOWAIT").lines.at(-1)).toBe("no page of order 0");
		const free = session.machine.model.zones[0]?.freePages;
		expect(lines(session, "alloc 0 GFP_ATOMIC")).toContain(
			`zone_watermark_fast: Normal has ${free} free, needs over min 256: passed, as the request may use reserves`,
		);
	});

	test("nothing to claim: 6.12.117 takes from the smallest block, 6.11 from the biggest", () => {
		// Free are 915 (order 0), 916 (order 2), 920 (order 3), 928 (order 5) and 960 (order 6), all UNMOVABLE.
		const setUp =
			"memalloc on; alloc 16 10 GFP_KERNEL; free 0; alloc 3 8 GFP_KERNEL; alloc 7 GFP_KERNEL; " +
			"alloc 4 GFP_KERNEL; alloc 0 GFP_KERNEL";
		const said = (kernel: KernelId): string[] => {
			const session = sessionOn("64m-one-zone", kernel);
			lines(session, setUp);
			return lines(session, "alloc 0 GFP_HIGHUSER_MOVABLE").filter((line) => /claim|steal/.test(line));
		};
		const refused = "Unmovable block 960 of order 6; too little of its pageblock is free or alike";
		expect(said("v6.12.117").slice(0, 3)).toEqual([
			`try_to_claim_block: ${refused}`,
			"try_to_claim_block: Unmovable block 928 of order 5; too little of its pageblock is free or alike",
			"__rmqueue_steal: Movable takes from Unmovable block 915 of order 0, whose rest stays Unmovable",
		]);
		expect(said("v6.11").slice(0, 2)).toEqual([
			`steal_suitable_fallback: ${refused}`,
			"steal_suitable_fallback: Movable takes from Unmovable block 960 of order 6, whose rest stays Unmovable",
		]);
	});

	test("requests that never end are given up: at the OOM killer, or after some rounds", () => {
		const session = sessionOn("64m-one-zone");
		lines(session, "alloc 15 10 GFP_KERNEL; alloc 1000 0 GFP_KERNEL");
		const killed = session.answer("alloc 0 GFP_KERNEL").lines;
		expect(killed).toContain("__alloc_pages_direct_reclaim: nothing here can be reclaimed");
		expect(killed.slice(-2)).toEqual([
			"out_of_memory: a task would be killed now",
			"no page of order 0: given up, as nobody is here to be killed",
		]);
		expect(session.answer("alloc 0 GFP_NOFS").lines.at(-1)).toBe(
			"no page of order 0: the request goes on trying for ever",
		);
	});

	test("PF_MEMALLOC opens all reserves", () => {
		const session = sessionOn("64m-one-zone");
		lines(session, "alloc 15 10 GFP_KERNEL; alloc 1000 0 GFP_KERNEL");
		expect(lines(session, "memalloc on; alloc 200 0 GFP_KERNEL").at(-1)).toMatch(
			/^slot \d+: frame \d+, order 0, Normal/,
		);
		expect(lines(session, "memalloc off")).toEqual(["PF_MEMALLOC cleared"]);
	});

	test("bulk names what it adds to the mark; exact gives its surplus back to the tails", () => {
		const session = sessionOn("64m-one-zone");
		const bulk = session.answer("bulk 5 GFP_KERNEL").lines;
		expect(bulk[0]).toBe("zone_watermark_fast: Normal has 16384 free, needs over low 320 + 5 wanted: passed");
		expect(bulk.at(-1)).toMatch(/^slot 4: frame 4, order 0, Normal \(per-CPU lists: 0 to \d+ pages?\)$/);
		expect(lines(sessionOn("64m-one-zone"), "exact 12288 GFP_KERNEL").slice(-2)).toEqual([
			"__free_one_page: 3 of order 0; to the tail of Unmovable",
			"slot 0: frame 0, 3 pages, Normal (per-CPU lists: 0 to 4 pages)",
		]);
	});

	test("long answers are cut in the middle, unless all is wanted", () => {
		const cut = sessionOn("64m-one-zone").answer("alloc 100 0 GFP_KERNEL").lines;
		const all = sessionOn("64m-one-zone", "v6.12.117", true).answer("alloc 100 0 GFP_KERNEL").lines;
		expect(cut).toHaveLength(41);
		expect(cut[30]).toBe(`... ${all.length - 40} more lines (--all shows them)`);
		expect([...cut.slice(0, 30), ...cut.slice(31)]).toEqual([...all.slice(0, 30), ...all.slice(-10)]);
	});

	test("status, slots, decay, CPUs and help", () => {
		const session = sessionOn("pc-4g");
		lines(session, "alloc 0 GFP_KERNEL; alloc 5 GFP_KERNEL; free 0");
		expect(lines(session, "slots")).toEqual(["slot 1: 32 pages from frame 1048640"]);
		expect(lines(session, "status").slice(-3)).toEqual([
			"Normal of node 0: 262049 free",
			"  min 515, low 777, high 1039",
			"  CPU 0: 63 pages, high 315 (252 to 8192), batch 63, alloc_factor 0, free_count 1",
		]);
		expect(lines(session, "decay").at(-1)).toBe("decay_pcp_high: high of Normal is 276, there is more to do");
		expect(lines(session, "cpu 3")).toEqual(["now on CPU 3"]);
		expect(lines(session, "status").at(-1)).toMatch(/^ {2}CPU 3: 0 pages/);
		expect(lines(session, "help").at(-1)).toBe("quit                              end");
		expect(session.answer("quit").quit).toBe(true);
		expect(lines(session, "map").join("\n")).toContain("Node 0, zone Normal");
	});

	test("colours are the terminal's business", () => {
		const style = { kernel: "v6.12.117", style: ansiStyle, all: false, title: "" } as const;
		const coloured = new StepSession(bootMachine(parseMachineSpec("64M"), "v6.12.117"), style);
		expect(coloured.answer("alloc 0 GFP_KERNEL").lines[0]).toContain("\u001B[32mpassed");
	});
});

describe("events for programs", () => {
	test("have the number of their operation and all numbers that the lines have", () => {
		const session = sessionOn("64m-one-zone");
		session.answer("");
		const events = [...session.answer("alloc 9 GFP_KERNEL").events, ...session.answer(" free 0 ").events];
		const zone = { node: 0, name: "Normal" };
		expect(events).toEqual([
			{ op: 1, event: "operation", text: "alloc 9 GFP_KERNEL" },
			{
				op: 1,
				event: "watermark",
				zone,
				which: "high",
				mark: 384,
				boost: 0,
				extra: 0,
				reserve: 0,
				free: 16_384,
				ok: true,
				order: 9,
				largestFree: 10,
			},
			{ op: 1, event: "fallback", zone, how: "claim", pfn: 0, order: 10, wanted: "Unmovable", found: "Movable" },
			{ op: 1, event: "split", zone, pfn: 512, order: 9, migratetype: "Unmovable" },
			{ op: 1, event: "refill", zone, order: 9, migratetype: "Unmovable", wanted: 2, blocks: 2 },
			{ op: 1, event: "allocated", slot: 0, pfn: 0, pages: 512, order: 9, zone, pcpBefore: 0, pcpAfter: 512 },
			{ op: 2, event: "operation", text: "free 0" },
			// 1024 pages are over the limit of 323: free_count 512, but at most 323 - 3 pages, so the older block leaves.
			{ op: 2, event: "drain", zone, pages: 320 },
			{ op: 2, event: "insert", zone, pfn: 512, order: 9, migratetype: "Unmovable", at: "head" },
			{ op: 2, event: "freed", slot: 0, pfn: 0, pages: 512, pcpBefore: 512, pcpAfter: 512 },
		]);
	});
});

describe("operations that cannot be done change nothing", () => {
	test.each([
		["free 3", "nothing is in slot 3, expected a slot that an allocation has filled"],
		["free 3-5", "nothing is in slot 3 to 5, expected a slot that an allocation has filled"],
		["release all", "nothing is allocated, expected a slot that an allocation has filled"],
		["cpu 4", "there is no CPU 4, expected 0 to 3"],
		["alloc 0 GFP_KERNEL node=1", "no node 1, expected one of 0"],
		["frob", 'unknown operation "frob", did you mean free?'],
	])("%s", (line, message) => {
		const session = sessionOn("pc-4g");
		const before = snapshot(session.machine.model);
		expect(() => session.answer(line)).toThrow(InputError);
		expect(() => session.answer(line)).toThrow(message);
		expect(snapshot(session.machine.model)).toEqual(before);
	});
});

test("slots are filled from the lowest free one", () => {
	const session = sessionOn("64m-one-zone");
	lines(session, "alloc 5 0 GFP_KERNEL; free 1-2; free 4; alloc 4 0 GFP_KERNEL");
	expect([...session.machine.slots.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
});

test("whatever is typed, the machine adds up and each line has its answer", () => {
	const word = fc.constantFrom(
		"GFP_KERNEL",
		"GFP_ATOMIC",
		"GFP_NOWAIT",
		"GFP_HIGHUSER_MOVABLE",
		"GFP_NOFS|__GFP_NOFAIL",
	);
	const line = fc.oneof(
		fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat(11), word).map(([n, order, gfp]) => `alloc ${n} ${order} ${gfp}`),
		fc.tuple(fc.integer({ min: 1, max: 300 }), word).map(([n, gfp]) => `bulk ${n} ${gfp}`),
		fc.tuple(fc.integer({ min: 1, max: 3_000_000 }), word).map(([bytes, gfp]) => `exact ${bytes} ${gfp}`),
		fc.tuple(fc.nat(300), fc.nat(40)).map(([first, n]) => `free ${first}-${first + n}`),
		fc.tuple(fc.nat(300), fc.nat(40)).map(([first, n]) => `release ${first}-${first + n}`),
		fc.constantFrom("drain", "drain all", "decay", "cpu 0", "cpu 1", "memalloc on", "memalloc off", "status", "slots"),
	);
	fc.assert(
		fc.property(
			fc.array(line, { minLength: 1, maxLength: 40, size: "max" }),
			fc.constantFrom<KernelId>("v6.11", "v6.12.0", "v6.12.117"),
			(operations, kernel) => {
				const session = sessionOn("16M,cpus=2", kernel);
				for (const operation of operations) {
					try {
						const { events } = session.answer(operation);
						expect(events.length).toBeGreaterThan(0);
					} catch (error) {
						expect(error).toBeInstanceOf(InputError);
					}
				}
				expect(validate(session.machine.model)).toEqual([]);
			},
		),
		{ numRuns: 40 },
	);
});
