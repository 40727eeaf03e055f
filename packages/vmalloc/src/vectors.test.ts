import { COMPACT_RESULT, type VmallocRules } from "@pagelab/contracts";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOWAIT } from "@pagelab/gfp";
import { PREEMPT } from "@pagelab/memalloc";
import { describe, expect, test } from "vitest";
import { vmalloc } from "./entry-points.ts";
import { kvmalloc } from "./kvmalloc.ts";
import { rulesA } from "./rules/rules-a.ts";
import { rulesC } from "./rules/rules-c.ts";
import { rulesD } from "./rules/rules-d.ts";
import { runPendingWork, vfree } from "./vfree.ts";
import { VmallocMachine, type VmallocMachineOptions, type VmallocRun } from "./vmalloc-machine.fixture.ts";

/** Pages that a kill of the assumed OOM killer gives back. */
const KILL_FREES = 40;
const SIZE_64K = 65_536;
const { NORETRY, RETRY_MAYFAIL, NOFAIL } = GFP;

type End = "ok" | "NULL" | "loops" | "BUG";

/** What a rule says of a vector; what is left out is nothing: no warning, no message, no kill. */
interface Expected {
	readonly end: End;
	/** Free pages right afterwards. */
	readonly free?: number;
	/** And after the workers ran, where that is another number. */
	readonly later?: number;
	readonly warnings?: readonly string[];
	readonly messages?: readonly string[];
	readonly kills?: number;
}

interface Vector {
	readonly n: string;
	readonly free: number;
	readonly call: "kvmalloc" | "__vmalloc";
	readonly gfp: number;
	readonly size?: number;
	readonly options?: Partial<VmallocMachineOptions>;
	readonly A: Expected;
	readonly C: Expected;
	/** As C unless given. */
	readonly D?: Expected;
}

const ok = (free: number, more: Partial<Expected> = {}): Expected => ({ end: "ok", free, ...more });
const none = (free?: number, more: Partial<Expected> = {}): Expected => ({
	end: "NULL",
	...(free === undefined ? {} : { free }),
	...more,
});
const loops: Expected = { end: "loops" };
/** The message of step V7, which prints the mask with __GFP_HIGHMEM. */
const noPages = (size: number, mode: string): Partial<Expected> => ({
	messages: [`vmalloc error: size ${size}, failed to allocate pages, mode:${mode}`],
	warnings: ["VMALLOC_ERROR"],
});
const unexpected = { warnings: ["VMALLOC_UNEXPECTED_GFP"] };
/** The tables of pages 0 and 512 are there (`pte` by 2 MiB). */
const tables = (pte: readonly number[]): Partial<VmallocMachineOptions> => ({
	env: { presentTables: { pmd: [0], pte } },
});
const bhDisabled = { context: { preemptCount: PREEMPT.SOFTIRQ_DISABLE_OFFSET } };

/** vmalloc-2025.md §10, worked out there by hand; P = 1 missing PTE page unless the row says more. */
const VECTORS: readonly Vector[] = [
	{ n: "1", free: 2000, call: "kvmalloc", gfp: GFP_NOWAIT, A: none(2000), C: ok(1983) },
	{ n: "2", free: 1267, call: "kvmalloc", gfp: GFP_NOWAIT, A: none(1267), C: ok(1250) },
	{ n: "3", free: 1266, call: "kvmalloc", gfp: GFP_NOWAIT, A: none(1266), C: ok(1249) },
	{ n: "4", free: 1017, call: "kvmalloc", gfp: GFP_NOWAIT, A: none(1017), C: ok(1000) },
	{ n: "5", free: 1016, call: "kvmalloc", gfp: GFP_NOWAIT, A: none(1016), C: ok(999) },
	{ n: "6", free: 1016, call: "kvmalloc", gfp: GFP_NOWAIT, options: tables([0]), A: none(1016), C: ok(1000) },
	{ n: "7", free: 1015, call: "kvmalloc", gfp: GFP_NOWAIT, A: none(1015), C: none(1000, { later: 1015 }) },
	{ n: "8", free: 1015, call: "kvmalloc", gfp: GFP_ATOMIC, A: none(1015), C: ok(998) },
	{ n: "9", free: 391, call: "kvmalloc", gfp: GFP_ATOMIC, A: none(391), C: ok(374) },
	{
		n: "10",
		free: 390,
		call: "kvmalloc",
		gfp: GFP_ATOMIC,
		A: none(390),
		C: none(375, { later: 390, ...noPages(61_440, "0x822") }),
		D: none(375, { later: 390, ...noPages(65_536, "0x822") }),
	},
	{ n: "11", free: 1016, call: "__vmalloc", gfp: GFP_NOWAIT, A: loops, C: ok(999) },
	{
		n: "12",
		free: 1016,
		call: "__vmalloc",
		gfp: GFP_KERNEL,
		A: ok(1039, { kills: 1 }),
		C: ok(1039, { kills: 1 }),
	},
	{ n: "13", free: 1016, call: "__vmalloc", gfp: GFP_NOFS, A: loops, C: loops },
	{
		n: "14",
		free: 1016,
		call: "__vmalloc",
		gfp: GFP_KERNEL | NORETRY,
		A: ok(1039, { kills: 1 }),
		C: ok(1039, { kills: 1 }),
		D: ok(999),
	},
	{
		n: "15",
		free: 1015,
		call: "__vmalloc",
		gfp: GFP_KERNEL | NORETRY,
		A: none(1015, noPages(61_440, "0x10cc2")),
		C: none(1000, { later: 1015, ...noPages(61_440, "0x10cc2") }),
		D: none(1000, { later: 1015, ...noPages(65_536, "0x10cc2") }),
	},
	{
		n: "16",
		free: 1015,
		call: "__vmalloc",
		gfp: GFP_KERNEL | RETRY_MAYFAIL,
		A: none(1015, noPages(61_440, "0x4cc2")),
		C: ok(1038, { kills: 1, ...unexpected }),
		D: none(1000, { later: 1015, ...noPages(65_536, "0x4cc2") }),
	},
	{
		n: "17",
		free: 1016,
		call: "__vmalloc",
		gfp: GFP_KERNEL | RETRY_MAYFAIL,
		A: ok(1039, { kills: 1 }),
		C: ok(1039, { kills: 1, ...unexpected }),
		D: ok(999),
	},
	{
		n: "18",
		free: 1015,
		call: "kvmalloc",
		gfp: GFP_KERNEL | RETRY_MAYFAIL,
		A: none(1015, noPages(61_440, "0x4cc2")),
		C: none(1000, { later: 1015, ...noPages(61_440, "0x4cc2") }),
		D: none(1000, { later: 1015, ...noPages(65_536, "0x4cc2") }),
	},
	{
		n: "19",
		free: 1015,
		call: "kvmalloc",
		gfp: GFP_NOWAIT | NOFAIL,
		A: none(1015),
		C: none(1000, { later: 1015, warnings: ["NOFAIL_NOT_BLOCKABLE"] }),
	},
	// 4 MiB: 1024 pages, 2 for their array, which has an area of its own behind the guard page: PTE pages 0, 1 and, for it, 2.
	{
		n: "20, P = 3, one of them for the array before the data",
		free: 2027,
		call: "kvmalloc",
		size: 2 ** 22,
		gfp: GFP_NOWAIT,
		A: none(2027),
		C: ok(998),
	},
	{
		n: "20, the array's table is there, P = 2",
		free: 2026,
		call: "kvmalloc",
		size: 2 ** 22,
		gfp: GFP_NOWAIT,
		options: tables([2]),
		A: none(2026),
		C: ok(998),
	},
	{
		n: "20, P = 0",
		free: 2026,
		call: "kvmalloc",
		size: 2 ** 22,
		gfp: GFP_NOWAIT,
		options: tables([0, 1, 2]),
		A: none(2026),
		C: ok(1000),
	},
	{
		n: "20, one page less",
		free: 2026,
		call: "kvmalloc",
		size: 2 ** 22,
		gfp: GFP_NOWAIT,
		A: none(2026),
		C: none(1000, { later: 2025 }),
	},
	{
		n: "21",
		free: 2000,
		call: "kvmalloc",
		size: 2 ** 31,
		gfp: GFP_ATOMIC,
		A: none(2000),
		C: none(2000, { warnings: ["KVMALLOC_TOO_LARGE"] }),
	},
	{ n: "22", free: 2000, call: "kvmalloc", size: 2 ** 31, gfp: GFP_NOWAIT, A: none(2000), C: none(2000) },
	{
		n: "25",
		free: 2000,
		call: "kvmalloc",
		gfp: GFP_ATOMIC,
		options: bhDisabled,
		A: none(2000),
		C: { end: "BUG", free: 2000, warnings: ["VMALLOC_BUG"] },
	},
	{
		n: "26",
		free: 2000,
		call: "kvmalloc",
		gfp: GFP_KERNEL,
		options: { assumptions: { compaction: COMPACT_RESULT.COMPLETE, oomFrees: KILL_FREES } },
		A: ok(1983),
		C: ok(1983),
	},
];

const RULES = { A: rulesA, C: rulesC, D: rulesD } as const;
type RuleName = keyof typeof RULES;
const RULE_NAMES = Object.keys(RULES) as RuleName[];

const endOf = ({ result }: VmallocRun): End => {
	if (result === undefined) return "loops";
	if (result.refusal === undefined) return "ok";
	return result.refusal === "BUG: in interrupt" ? "BUG" : "NULL";
};

function machineFor(vector: Pick<Vector, "free" | "options">, rules: VmallocRules): VmallocMachine {
	return new VmallocMachine({
		assumptions: { oomFrees: KILL_FREES },
		...vector.options,
		free: vector.free,
		rules,
	});
}

const runVector = (m: VmallocMachine, { call, gfp, size = SIZE_64K }: Vector): VmallocRun =>
	m.run((v, context, trace) =>
		call === "kvmalloc" ? kvmalloc(v, { size, gfp }, context, trace) : vmalloc(v, { size, gfp }, context, trace),
	);

describe.each(RULE_NAMES)("vmalloc-2025.md §10 by rule %s", (name) => {
	test.each(VECTORS.map((vector) => [`${vector.n}: ${vector.call} with ${vector.free} free`, vector] as const))(
		"%s",
		(_, vector) => {
			const expected = name === "D" ? (vector.D ?? vector.C) : vector[name];
			const m = machineFor(vector, RULES[name]);
			const end = endOf(runVector(m, vector));
			expect({
				end,
				...(expected.free === undefined ? {} : { free: m.freePages }),
				warnings: m.events.warnings,
				messages: m.log.messages,
				kills: m.assumed.counts.kills,
			}).toEqual({
				end: expected.end,
				...(expected.free === undefined ? {} : { free: expected.free }),
				warnings: expected.warnings ?? [],
				messages: expected.messages ?? [],
				kills: expected.kills ?? 0,
			});
			if (expected.end === "loops") return;
			expect(m.task.flags).toBe(0);
			m.givenBack = m.assumed.counts.kills * KILL_FREES;
			m.validate();
			m.drive(runPendingWork(m.v, { ...m.context, preemptCount: 0 }));
			if (expected.free !== undefined) expect(m.freePages).toBe(expected.later ?? expected.free);
			m.validate();
		},
	);
});

describe("rows that look at more than the outcome", () => {
	test("11 A: the PTE page is asked for as GFP_NOIO: reclaim and the OOM step, without a kill, until somebody frees", () => {
		const m = machineFor({ free: 1016 }, rulesA);
		const taken = m.model.zones[0];
		const steps = vmalloc(m.v, { size: SIZE_64K, gfp: GFP_NOWAIT }, m.context);
		expect(m.drive(steps, 1000).value).toBeUndefined();
		expect([m.assumed.counts.reclaims > 16, m.assumed.counts.ooms > 0, m.assumed.counts.kills]).toEqual([
			true,
			true,
			0,
		]);
		expect(m.task.flags).toBe(0x80000);
		expect(taken?.freePages).toBe(1000);
		// A page comes back, and the call goes on where it stood.
		const [area] = m.v.areas.values();
		m.v.env.pages.freePages(area?.pfns.pop() as number, 0);
		expect(m.drive(steps, 1000).value?.refusal).toBeUndefined();
		expect(m.task.flags).toBe(0);
	});

	test("11 A in atomic context: a debugging kernel says so, for the area and for the table; C and D are silent", () => {
		const atomic = { context: { preemptCount: PREEMPT.DISABLE_OFFSET }, env: { debugAtomicSleep: true } };
		const warningsOf = (rules: VmallocRules): readonly string[] => {
			const m = machineFor({ free: 2000, options: atomic }, rules);
			m.run((v, context) => vmalloc(v, { size: SIZE_64K, gfp: GFP_NOWAIT }, context));
			return m.events.warnings;
		};
		expect(warningsOf(rulesA)).toEqual(["SLEEP_IN_ATOMIC", "SLEEP_IN_ATOMIC"]);
		expect([warningsOf(rulesC), warningsOf(rulesD)]).toEqual([[], []]);
		// mightAllocSkipsPfMemalloc: without it the GFP_KERNEL of the table would print a splat under PF_MEMALLOC.
		const without = { ...rulesC, mightAllocSkipsPfMemalloc: rulesA.mightAllocSkipsPfMemalloc };
		expect(warningsOf(without)).toEqual(["SLEEP_IN_ATOMIC"]);
	});

	test.each([
		["v6.11", 1],
		["v6.12.0", 1],
		["v6.12.117", 17],
	] as const)("12 on %s: the kill for the PTE page comes in round %i", (kernel, rounds) => {
		const m = machineFor({ free: 1016, options: { kernel, assumptions: { oomFrees: KILL_FREES } } }, rulesA);
		const run = m.run((v, context, trace) => vmalloc(v, { size: SIZE_64K, gfp: GFP_KERNEL }, context, trace));
		expect([endOf(run), m.assumed.counts.kills, m.assumed.counts.reclaims]).toEqual(["ok", 1, rounds]);
	});

	test("15: one reclaim, by every rule", () => {
		for (const rules of Object.values(RULES)) {
			const m = machineFor({ free: 1015 }, rules);
			m.run((v, context) => vmalloc(v, { size: SIZE_64K, gfp: GFP_KERNEL | NORETRY }, context));
			expect(m.assumed.counts.reclaims).toBe(1);
		}
	});

	test.each(RULE_NAMES)("23 and 24 by rule %s: address space full of lazily freed areas", (name) => {
		const outcomes = [GFP_NOWAIT, GFP_KERNEL].map((gfp) => {
			const m = machineFor(
				{ free: 2000, options: { env: { spacePages: 40, presentTables: { pmd: [0], pte: [0] } } } },
				RULES[name],
			);
			const fill = [0, 1].map(() => m.drive(vmalloc(m.v, { size: SIZE_64K }, m.context)).value?.address ?? 0);
			for (const address of fill) vfree(m.v, address, m.context);
			expect([m.v.space.lazyPages, m.v.space.freePages]).toEqual([34, 6]);
			const run = m.run((v, context, trace) => vmalloc(v, { size: SIZE_64K, gfp }, context, trace));
			m.validate();
			return [endOf(run), run.trace.events, m.log.messages.length, m.events.warnings.length];
		});
		const purged = ["ok", ["purge"], 0, 0];
		expect(outcomes).toEqual(name === "A" ? [purged, purged] : [["NULL", [], 0, 0], purged]);
	});

	test("26: order 4 with compaction and one reclaim before; orders 4, 4, 3, 2, 1 without reclaim after", () => {
		const seen = [rulesA, rulesC].map((rules) => {
			const options = { assumptions: { compaction: COMPACT_RESULT.COMPLETE } };
			const m = machineFor({ free: 2000, options }, rules);
			const run = m.run((v, context, trace) => kvmalloc(v, { size: SIZE_64K, gfp: GFP_KERNEL }, context, trace));
			const big = run.trace.entries.filter(({ order }) => order > 0);
			const { reclaims, compactions } = m.assumed.counts;
			return {
				orders: big.map(({ order }) => order),
				blocking: big.some(({ gfp }) => (gfp & GFP.DIRECT_RECLAIM) !== 0),
				reclaims,
				compacts: compactions > 0,
			};
		});
		expect(seen).toEqual([
			{ orders: [4], blocking: true, reclaims: 1, compacts: true },
			{ orders: [4, 4, 3, 2, 1], blocking: false, reclaims: 0, compacts: false },
		]);
	});

	test("kvmalloc(256 KiB, GFP_NOWAIT) on a fragmented zone: NULL before; vmalloc, with reserves for its page table, after", () => {
		const free = 1000 + 64;
		const request = { size: 2 ** 18, gfp: GFP_NOWAIT };
		const before = machineFor({ free }, rulesA);
		const run = before.run((v, context, trace) => kvmalloc(v, request, context, trace));
		expect([run.result?.refusal, before.freePages, before.events.warnings]).toEqual(["cannot block", free, []]);
		for (const rules of [rulesC, rulesD]) {
			const after = machineFor({ free }, rules);
			const { result, trace, waits } = after.run((v, context, t) => kvmalloc(v, request, context, t));
			expect([result?.refusal, after.freePages, waits.length]).toEqual([undefined, 999, 0]);
			const table = trace.entries.find(({ who }) => who === "page table");
			// The mask is that of every page table; PF_MEMALLOC opens the reserves below min (not PF_MEMALLOC_NORECLAIM).
			expect([table?.gfp, table?.scoped, table?.taskFlags, table?.got]).toEqual([0xdc0, 0xdc0, 0x800, 1]);
			expect(trace.entries.filter(({ who }) => who !== "page table").every(({ taskFlags }) => taskFlags === 0)).toBe(
				true,
			);
			after.validate();
		}
	});
});
