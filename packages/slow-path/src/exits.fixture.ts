import type { KernelId } from "@pagelab/base";
import type { AllocContext } from "@pagelab/contracts";
import { GFP, GFP_KERNEL } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import type { AllocEnv } from "./alloc-env.ts";
import type { Assumptions } from "./assumed-kernel.ts";
import { FaultInjection } from "./faults/fault-injection.ts";
import { FaultPoint } from "./faults/fault-point.ts";
import { TestKernel, type TestRun, zoneWithFree } from "./test-kernel.fixture.ts";

/** Something that changes a plain GFP_KERNEL request or its surroundings. */
export interface Circumstance {
	readonly name: string;
	readonly gfp?: number;
	readonly flags?: number;
	readonly oomVictim?: boolean;
	readonly context?: Partial<AllocContext>;
	readonly env?: Partial<AllocEnv>;
	readonly assumptions?: Partial<Assumptions>;
	readonly nodemask?: ReadonlySet<number>;
	/** Profiles in which it means something; all if left out. */
	readonly kernels?: readonly KernelId[];
}

/** A way to NULL by its number in slowpath.md §8. */
export interface Exit extends Circumstance {
	readonly exit: number;
}

const faults = (): FaultInjection =>
	new FaultInjection({
		page: {
			point: new FaultPoint({ probability: 100, times: -1 }, { int: () => 0 }),
			minOrder: 0,
			ignoreGfpWait: false,
			ignoreGfpHighmem: false,
		},
	});

/** A cgroup at its limit; the charge of PF_MEMALLOC, HIGH and NOFAIL is forced (gfp.md §3). */
const fullCgroup: Partial<AllocEnv> = {
	kmem: {
		online: true,
		*chargePage(_order, gfp, { task }) {
			yield { kind: "delay", ticks: 0 };
			return (gfp & (GFP.HIGH | GFP.NOFAIL)) !== 0 || (task.flags & PF.MEMALLOC) !== 0;
		},
	},
};

/** The twelve, some in several forms. */
export const EXITS: readonly Exit[] = [
	{ exit: 1, name: "fault injection", env: { faults: faults() } },
	{ exit: 2, name: "no eligible zone", nodemask: new Set([9]) },
	{
		exit: 3,
		name: "cpuset-insane with HARDWALL",
		gfp: GFP.HARDWALL,
		env: { cpusets: { enabled: true, insane: true } },
		context: { cpuset: { name: "/x", memsAllowed: new Set([9]), sequence: 0 } },
	},
	{ exit: 4, name: "PF_MEMALLOC", flags: PF.MEMALLOC },
	{ exit: 5, name: "NORECLAIM scope", flags: PF.MEMALLOC_NORECLAIM, kernels: ["v6.11"] },
	{ exit: 6, name: "OOM victim", oomVictim: true },
	{ exit: 7, name: "OOM killer disabled", assumptions: { oom: "disabled" } },
	{ exit: 8, name: "storage suspended", env: { power: { gfpAllowedMask: ~(GFP.IO | GFP.FS) } } },
	{ exit: 9, name: "PF_DUMPCORE", flags: PF.DUMPCORE },
	{ exit: 10, name: "GFP_DMA", gfp: GFP.DMA },
	{ exit: 10, name: "GFP_DMA32", gfp: GFP.DMA32 },
	{ exit: 10, name: "THISNODE", gfp: GFP.THISNODE },
	{ exit: 11, name: "NORETRY", gfp: GFP.NORETRY },
	{ exit: 11, name: "RETRY_MAYFAIL", gfp: GFP.RETRY_MAYFAIL },
	{ exit: 12, name: "memcg charge", gfp: GFP.ACCOUNT, env: fullCgroup },
];

/** What must not make a difference between NULL and not NULL. */
export const HARMLESS: readonly Circumstance[] = [
	{ name: "nothing" },
	{ name: "real-time", context: { rtTask: true } },
	{ name: "BH disabled", context: { preemptCount: 0x200 } },
	{ name: "NOFS scope", flags: PF.MEMALLOC_NOFS },
	{ name: "NOIO scope", flags: PF.MEMALLOC_NOIO },
	{ name: "PIN scope", flags: PF.MEMALLOC_PIN },
	{ name: "worker", flags: PF.WQ_WORKER },
	{ name: "kthread", flags: PF.KTHREAD },
	{ name: "exiting", flags: PF.EXITING },
	{ name: "killed", context: { process: { killPending: true } } },
	...(
		["HIGH", "NOWARN", "ZERO", "COMP", "RECLAIMABLE", "MOVABLE", "HIGHMEM", "WRITE", "HARDWALL", "NOMEMALLOC"] as const
	).map((name) => ({ name, gfp: GFP[name] })),
	{ name: "MEMALLOC", gfp: GFP.MEMALLOC },
	{ name: "accounted without limit", gfp: GFP.ACCOUNT },
	{ name: "oom_lock taken", assumptions: { oom: "locked" } },
	{ name: "victim pending", assumptions: { oom: "victim pending" } },
	...[undefined, 1, 2, 3, 4, 5].map((result) => ({
		name: `compaction ${result}`,
		assumptions: { compaction: result as Assumptions["compaction"] },
	})),
	{ name: "6.12's empty LRU rule", assumptions: { emptyLruCountsFree: true } },
	{ name: "and without it", assumptions: { emptyLruCountsFree: false } },
];

/** One GFP_KERNEL request under all of these circumstances at once. */
export interface ExitCase {
	readonly kernel: KernelId;
	readonly order: number;
	/** Free pages of each zone; marks are at 10 to 20. */
	readonly free: number;
	readonly circumstances: readonly Circumstance[];
}

/** Waits that are enough for two OOM steps; a request that still goes on loops. */
const MAX_WAITS = 160;

export function runExitCase({ kernel, order, free, circumstances }: ExitCase): TestRun {
	const merged = circumstances.reduce<Circumstance>(
		(all, one) => ({
			name: `${all.name}, ${one.name}`,
			gfp: (all.gfp ?? 0) | (one.gfp ?? 0),
			flags: (all.flags ?? 0) | (one.flags ?? 0),
			oomVictim: all.oomVictim === true || one.oomVictim === true,
			context: { ...all.context, ...one.context },
			env: { ...all.env, ...one.env },
			assumptions: { ...all.assumptions, ...one.assumptions },
			...(one.nodemask === undefined
				? all.nodemask === undefined
					? {}
					: { nodemask: all.nodemask }
				: { nodemask: one.nodemask }),
		}),
		{ name: "" },
	);
	const marks = { min: 10, low: 15, high: 20, managed: 1024 };
	const zones = [0, 1, 2].map((idx) => zoneWithFree(free, { idx, ...marks }));
	const machine = new TestKernel({ kernel, zones, ...merged, oomVictim: merged.oomVictim ?? false });
	const more = merged.nodemask === undefined ? {} : { nodemask: merged.nodemask };
	return machine.alloc(GFP_KERNEL | (merged.gfp ?? 0), order, more, MAX_WAITS);
}

/** The number in slowpath.md §8 of the exit that a request took, told by its trace; 0 = none of them. */
export function exitOf({ trace }: TestRun, { circumstances }: ExitCase): number {
	const { entries } = trace;
	const last = entries.at(-1);
	if (last?.rung === "E3") return 1;
	if (last?.rung === "E8") return 12;
	const stop = entries.findLast((e) => e.outcome === "nopage");
	const given = (name: string): boolean => circumstances.some((c) => c.name === name);
	switch (stop?.rung) {
		case "S1":
			return 2;
		case "S2":
			return 3;
		case "S12":
			return given("PF_MEMALLOC") ? 4 : 5;
		case "S15":
			return 11;
		case "S19": {
			const step = entries.findLast((e) => e.rung === "S19" && e.numbers?.["progress"] !== undefined)?.numbers;
			if (step?.["progress"] === 1) return 6;
			if (step?.["pointless"] === 0) return 7;
			if (given("PF_DUMPCORE")) return 9;
			if (given("RETRY_MAYFAIL")) return 11;
			return given("GFP_DMA") || given("GFP_DMA32") || given("THISNODE") ? 10 : 8;
		}
		default:
			return 0;
	}
}

/** All cases with so many exits and harmless circumstances at once. */
export function* exitCases(
	exits: number,
	kernels: readonly KernelId[],
): Generator<ExitCase & { exits: readonly Exit[] }> {
	for (const kernel of kernels) {
		const known = EXITS.filter((e) => e.kernels === undefined || e.kernels.includes(kernel));
		for (const chosen of subsets(known, exits)) {
			for (const harmless of HARMLESS) {
				for (let order = 0; order <= 3; order++) {
					for (const free of [0, 500]) {
						yield { kernel, order, free, exits: chosen, circumstances: [harmless, ...chosen] };
					}
				}
			}
		}
	}
}

function subsets<T>(items: readonly T[], size: number): T[][] {
	if (size === 0) return [[]];
	return items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}
