import { KERNEL_IDS, type KernelId } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import type { Stream } from "@pagelab/sim";
import type { ZoneNumbers } from "../zone-numbers.ts";

/** What one direct reclaim does: reports progress, and really frees single pages of a zone. */
export interface ReclaimStep {
	readonly progress: number;
	readonly zone: number;
	readonly pages: number;
	/** Changes what the retry cookies look at, while the task is away. */
	readonly change: "nothing" | "cpuset" | "mems" | "zonelist";
}

/** What one step of the OOM killer does. */
export interface OomStep {
	readonly locked: boolean;
	readonly result: boolean;
	readonly zone: number;
	readonly pages: number;
}

/** One random request with everything around it. Scripts start over when they are used up. */
export interface LadderCase {
	readonly kernel: KernelId;
	readonly zones: readonly ZoneNumbers[];
	readonly gfp: number;
	readonly order: number;
	readonly nid: number;
	readonly nodemask: ReadonlySet<number> | undefined;
	readonly taskFlags: number;
	readonly oomVictim: boolean;
	readonly rtTask: boolean;
	readonly preemptCount: number;
	readonly killPending: boolean;
	/** By zone: zone_reclaimable_pages(). */
	readonly reclaimable: readonly number[];
	readonly reclaims: readonly ReclaimStep[];
	/** Results of try_to_compact_pages(); undefined = no CONFIG_COMPACTION. */
	readonly compactions: readonly number[] | undefined;
	readonly zonelistSuitable: boolean;
	readonly ooms: readonly OomStep[];
	readonly cpuset:
		| {
				readonly mems: readonly ReadonlySet<number>[];
				readonly hardwall: ReadonlySet<number>;
				readonly insane: boolean;
		  }
		| undefined;
	readonly suspended: boolean;
	/** Answers of the memory cgroup; undefined = none accounts. */
	readonly charged: boolean | undefined;
}

const RECLAIM_BITS = [GFP.IO, GFP.FS, GFP.DIRECT_RECLAIM, GFP.KSWAPD_RECLAIM] as const;
const RARE_BITS = [
	GFP.HIGH,
	GFP.NOFAIL,
	GFP.NORETRY,
	GFP.RETRY_MAYFAIL,
	GFP.MEMALLOC,
	GFP.NOMEMALLOC,
	GFP.NOWARN,
	GFP.MOVABLE,
	GFP.RECLAIMABLE,
	GFP.THISNODE,
	GFP.HARDWALL,
	GFP.ACCOUNT,
	GFP.DMA,
	GFP.DMA32,
	GFP.HIGHMEM,
] as const;
const RARE_FLAGS = [
	PF.MEMALLOC,
	PF.MEMALLOC_NOFS,
	PF.MEMALLOC_NOIO,
	PF.MEMALLOC_PIN,
	PF.MEMALLOC_NORECLAIM,
	PF.MEMALLOC_NOWARN,
	PF.WQ_WORKER,
	PF.DUMPCORE,
	PF.EXITING,
] as const;

/** Some of the bits, each with a chance of 1 in n. */
const someOf = (s: Stream, bits: readonly number[], oneIn: number): number =>
	bits.reduce((all, bit) => all | (s.chance(1, oneIn) ? bit : 0), 0);

const someNodes = (s: Stream): ReadonlySet<number> => new Set([0, 1, 2].filter(() => s.chance(1, 2)));

function randomZone(s: Stream, node: number, idx: number): ZoneNumbers {
	const min = s.int(0, 40);
	const low = min + s.int(0, 12);
	const free = s.int(0, 3) === 0 ? s.int(0, 200) : s.int(0, 45);
	// One highatomic block at most, so that giving it back moves it as a whole.
	const highatomic = s.chance(1, 4) ? 2 ** s.int(0, 5) : 0;
	return {
		node,
		idx,
		min,
		low,
		high: low + s.int(0, 12),
		free: Math.max(free, highatomic),
		boost: s.chance(1, 4) ? s.int(1, 30) : 0,
		reserve: s.chance(1, 3) ? s.int(0, 20) : 0,
		largest: s.chance(1, 2) ? 10 : s.int(0, 4),
		highatomic,
		reserved: highatomic === 0 ? 0 : s.chance(1, 2) ? 512 : 1024,
		// Room behind the free pages for what reclaim and the OOM killer give back.
		managed: 4096,
	};
}

function randomZones(s: Stream): ZoneNumbers[] {
	const zones: ZoneNumbers[] = [];
	for (let node = 0; node <= (s.chance(1, 3) ? 1 : 0); node++) {
		for (const idx of [0, 1, 2]) if (idx === 2 || s.chance(1, 3)) zones.push(randomZone(s, node, idx));
	}
	// A highatomic block of the size that "largest" forbids would be split in two.
	return zones.map((z) => ({ ...z, largest: Math.max(z.largest ?? 10, Math.ceil(bitLength(z.highatomic ?? 0))) }));
}

const bitLength = (n: number): number => 32 - Math.clz32(n);

const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

/** Without the one combination that has no meaning: MOVABLE and RECLAIMABLE together. */
const legal = (gfp: number): number => ((gfp & GFP.MOVABLE) === 0 ? gfp : gfp & ~GFP.RECLAIMABLE);

/** A random case; what is rare in a kernel is rare here, but all of it occurs, also together. */
export function randomLadderCase(s: Stream): LadderCase {
	const zones = randomZones(s);
	const usual = s.chance(2, 3) ? GFP.IO | GFP.FS | GFP.DIRECT_RECLAIM | GFP.KSWAPD_RECLAIM : someOf(s, RECLAIM_BITS, 2);
	const zone = (): number => s.int(0, zones.length - 1);
	const reclaimSteps = (): ReclaimStep => ({
		progress: s.chance(1, 2) ? 0 : s.int(1, 40),
		zone: zone(),
		pages: s.chance(1, 2) ? 0 : s.int(0, 12),
		change: s.chance(1, 12) ? s.pick(["cpuset", "mems", "zonelist"] as const) : "nothing",
	});
	return {
		kernel: s.pick(KERNEL_IDS),
		zones,
		gfp: legal(usual | someOf(s, RARE_BITS, 8)),
		order: s.chance(1, 2) ? 0 : s.chance(3, 4) ? s.int(1, 3) : s.int(4, 11),
		nid: s.pick(zones).node ?? 0,
		nodemask: s.chance(1, 8) ? someNodes(s) : undefined,
		taskFlags: s.chance(1, 2) ? 0 : someOf(s, RARE_FLAGS, 6),
		oomVictim: s.chance(1, 10),
		rtTask: s.chance(1, 10),
		preemptCount: s.chance(1, 12) ? s.pick([0x1, 0x100, 0x200, 0x10000, 0x100000, 0x10100]) : 0,
		killPending: s.chance(1, 12),
		reclaimable: zones.map(() => (s.chance(1, 2) ? 0 : s.int(0, 60))),
		reclaims: times(s.int(1, 5), reclaimSteps),
		compactions: s.chance(1, 10) ? undefined : times(s.int(1, 4), () => s.int(0, 5)),
		zonelistSuitable: s.chance(1, 4),
		ooms: times(s.int(1, 3), () => ({
			locked: s.chance(1, 8),
			result: s.chance(3, 4),
			zone: zone(),
			pages: s.int(0, 30),
		})),
		cpuset: s.chance(1, 6)
			? { mems: times(2, () => someNodes(s)), hardwall: someNodes(s), insane: s.chance(1, 3) }
			: undefined,
		suspended: s.chance(1, 20),
		charged: s.chance(1, 4) ? s.chance(1, 2) : undefined,
	};
}
