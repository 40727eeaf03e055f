import { COMPACT_RESULT } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { restore } from "@pagelab/page-model";
import { describe, expect, test } from "vitest";
import { readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { TestKernel } from "../test-kernel.fixture.ts";
import type { MemInfo, MemInfoSupplement } from "./mem-info.ts";
import { loggedFailures, reportOf } from "./read-mem-info.fixture.ts";
import { stateFromMemInfo } from "./state-from-mem-info.ts";
import { type AllocFailureReport, formatAllocFailure, WarnAlloc } from "./warn-alloc.ts";

/** The counters that the allocator does not keep, as the log has them. */
const supplementOf = (info: MemInfo): MemInfoSupplement => ({
	node: (node) => {
		const found = info.nodes.find((n) => n.node === node);
		if (found === undefined) return {};
		return { ...found.counters, kernelStackKb: found.kernelStackKb, allUnreclaimable: found.allUnreclaimable };
	},
	zone: (node, idx) => info.zones.find((z) => z.node === node && z.idx === idx)?.counters ?? {},
	hugepages: info.hugepages,
	totals: info.totals,
});

/** The rung on which a request of this mask and order gives up (slowpath.md §2). */
function expectedStop(gfp: number): string {
	if ((gfp & GFP.DIRECT_RECLAIM) === 0) return "S12";
	return (gfp & GFP.NORETRY) !== 0 ? "S15" : "S19";
}

const NAMES = ["dev/oom/allocfail", "dev/oom/dryfail"];

describe.skipIf(sharedFolder === undefined)("recorded failures, run again (needs the shared folder)", () => {
	const all =
		sharedFolder === undefined
			? []
			: NAMES.flatMap((name) => {
					const text = new TextDecoder().decode(readShared(`oracle/${name}.dmesg.gz`));
					return loggedFailures(text).map((failure) => ({
						name,
						failure,
						title: `${name}: ${failure.head.slice(0, 75)}`,
					}));
				});

	test("there are ten", () => {
		expect(all).toHaveLength(10);
	});

	test.each(all)("$title", ({ name, failure }) => {
		const recorded = reportOf(failure);
		const { gfp } = recorded.failure;
		const order = Number(/order:(\d+)/.exec(recorded.failure.message)?.[1]);
		const state = stateFromMemInfo(recorded.memInfo);
		// Reclaim and compaction had run before the state was printed: they find no more.
		const kernel = new TestKernel({ state, assumptions: { reclaim: 0, compaction: COMPACT_RESULT.COMPLETE } });
		Object.assign(kernel.task, { comm: "init" });
		const printed: AllocFailureReport[] = [];
		const log = new WarnAlloc({
			model: restore(state, "v6.12.117"),
			kernel: "v6.12.117",
			clock: { now: 0 },
			supplement: () => supplementOf(recorded.memInfo),
			print: (report) => printed.push(report),
		});
		Object.assign(kernel.env, { failureLog: log });
		const run = kernel.alloc(gfp, order);
		expect(run.end).toBe("NULL");
		expect(run.trace.entries.findLast((e) => e.outcome === "nopage")?.rung).toBe(expectedStop(gfp));

		const [report] = printed;
		if (report === undefined) throw new Error("nothing was printed");
		const lines = formatAllocFailure(report);
		const expected = [failure.head, ...failure.memInfo];
		const moving = /^ ?(active_anon|active_file|unevictable|slab_reclaimable|mapped):/;
		const totals = /pages (RAM|reserved)$|^ free:/;
		const isCompared = (line: string): boolean =>
			!(name.endsWith("allocfail") && moving.test(line)) && !((gfp & GFP.DMA) !== 0 && totals.test(line));
		// The machine's own line is printed before the zones', with interrupts on: one of ten logs differs by a page there.
		const free = expected.filter(isCompared).filter((line) => name.endsWith("dryfail") || !line.startsWith(" free:"));
		expect(lines.filter(isCompared).filter((line) => free.includes(line))).toEqual(free);
		expect(free.length).toBeGreaterThan(15);
	});
});

test("a machine made of a Mem-Info has its numbers, and recounts", () => {
	const zone = {
		node: 0,
		idx: 1,
		name: "DMA32",
		free: 90,
		boost: 936,
		min: 1352,
		low: 1456,
		high: 1560,
		reservedHighatomic: 512,
		counters: {
			active_anon: 0,
			inactive_anon: 0,
			active_file: 0,
			inactive_file: 0,
			unevictable: 0,
			write_pending: 0,
			mlocked: 0,
			bounce: 0,
		},
		present: 61_408,
		managed: 49_347,
		freePcp: 40,
		localPcp: 40,
		freeCma: 0,
		lowmemReserve: [0, 0, 0, 0, 0],
		blocks: Array.from({ length: 11 }, (_, order) => {
			if (order === 1) return { count: 3, types: [0, 1, 2] };
			return order === 4 ? { count: 5, types: [1, 3] } : { count: 0, types: [] };
		}),
	};
	const model = restore(stateFromMemInfo({ zones: [zone] }), "v6.12.117");
	const [dma32] = model.zones;
	// 3 * 2 + 5 * 16 = 86 on the lists; the counter says 90, so four pages are in the CPU's own part.
	expect(dma32).toMatchObject({
		freePages: 90,
		wmarkMin: 416,
		boost: 936,
		present: 61_408,
		managed: 49_347,
		nrFreeHighatomic: 64,
	});
	expect([dma32?.pcps[0]?.count, dma32?.pcps[0]?.freePagesDiff]).toEqual([40, -4]);
	expect([...(dma32?.nrFree ?? [])].slice(0, 5)).toEqual([0, 3, 0, 0, 5]);
});
