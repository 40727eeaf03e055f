/**
 * A slow twin of alloc_pages() for judging the fast one: slowpath.md §1-5 as a table, one row a step, over plain numbers. It
 * shares no code with the implementation; bit values are written down again from gfp.md and memalloc-scopes.md.
 */
import type { LadderCase, OomStep, ReclaimStep } from "./ladder-case.fixture.ts";
import {
	A,
	decompose,
	G,
	has,
	HIGHEST,
	inIrq,
	inTask,
	P,
	scoped,
	sizeOf,
	type TwinZone,
} from "./twin-numbers.fixture.ts";

/** Everything that the steps read and write. */
interface S {
	readonly c: LadderCase;
	readonly zones: readonly TwinZone[];
	gfp: number;
	highest: number;
	nodemask: ReadonlySet<number> | undefined;
	flags: number;
	loops: number;
	cretries: number;
	cprio: number;
	cresult: number;
	progress: number;
	mems: ReadonlySet<number>;
	sequence: number;
	zonelist: number;
	cookie: number;
	zcookie: number;
	reclaims: number;
	compactions: number;
	ooms: number;
	readonly log: string[];
}

type Label =
	| "E1"
	| "E5"
	| "S1"
	| "S3"
	| "S5"
	| "S7"
	| "S8"
	| "S12"
	| "S13"
	| "S14"
	| "S15"
	| "S17"
	| "S18"
	| "S19"
	| "S20"
	| "S21"
	| "page"
	| "NULL";

/** Zones in the order of the zonelist: the preferred node's from the highest down, then the other node's. */
function zonelist(s: S, nodemask: ReadonlySet<number> | undefined): TwinZone[] {
	const near = s.zones.filter((z) => z.node === s.c.nid).toReversed();
	const far = has(s.gfp, G.THISNODE) ? [] : s.zones.filter((z) => z.node !== s.c.nid).toReversed();
	return [...near, ...far].filter((z) => z.idx <= s.highest && (nodemask === undefined || nodemask.has(z.node)));
}

function cpusetAllows(s: S, node: number, gfp: number): boolean {
	if (s.c.cpuset === undefined || inIrq(s.c) || s.mems.has(node) || s.c.oomVictim) return true;
	if (has(gfp, G.HARDWALL)) return false;
	return has(s.c.taskFlags, P.EXITING) || s.c.cpuset.hardwall.has(node);
}

const RESERVES = A.NONBLOCK | A.MINRES | A.HIGHATOMIC | A.OOM;

/** buddy.md §5, slowpath.md §2.0. */
function passes(s: S, z: TwinZone, order: number, mark: number, flags: number, free: number): boolean {
	let m = mark;
	if (has(flags, A.MINRES)) {
		m -= Math.trunc(m / 2);
		if (has(flags, A.NONBLOCK)) m -= Math.trunc(m / 4);
	}
	if (has(flags, A.OOM)) m -= Math.trunc(m / 2);
	const deducted = s.c.kernel === "v6.11" ? z.reservedHighatomic : sizeOf(z.atomicBlocks);
	const unusable = has(flags, RESERVES) ? 0 : deducted;
	const reserve = s.highest > z.idx ? z.reserve : 0;
	if (free - (2 ** order - 1) - unusable <= m + reserve) return false;
	return order === 0 || hasBlock(z, order, has(flags, A.OOM | A.HIGHATOMIC));
}

const hasBlock = (z: TwinZone, order: number, mayHighatomic: boolean): boolean =>
	z.blocks.some((n, o) => o >= order && n > 0) || (mayHighatomic && z.atomicBlocks.some((n, o) => o >= order && n > 0));

function zonePasses(s: S, z: TwinZone, flags: number): boolean {
	if (has(flags, A.NOWMARK)) return true;
	const order = s.c.order;
	const mark = has(flags, A.LOW) ? z.low : has(flags, A.HIGH) ? z.high : z.min;
	if (passes(s, z, order, mark + z.boost, flags, z.free)) return true;
	const again = order === 0 && z.boost > 0 && has(flags, A.MINRES) && !has(flags, 3);
	return again && passes(s, z, 0, z.min, flags, z.free);
}

/** One get_page_from_freelist(). */
function pass(s: S, rung: string, flags: number, gfp: number = s.gfp): boolean {
	const zones = zonelist(s, s.nodemask).filter(
		(z) => !(s.c.cpuset !== undefined && has(flags, A.CPUSET)) || cpusetAllows(s, z.node, gfp),
	);
	const mayHighatomic = has(flags, A.HIGHATOMIC | A.OOM | A.NONBLOCK);
	const found = zones.some((z) => zonePasses(s, z, flags) && hasBlock(z, s.c.order, mayHighatomic));
	s.log.push(`${rung} ${found ? "page" : "no page"}`);
	return found;
}

function giveBackHighatomic(s: S, force: boolean): boolean {
	for (const z of zonelist(s, s.nodemask)) {
		if (!force && z.reservedHighatomic <= 512) continue;
		const order = z.atomicBlocks.findIndex((n) => n > 0);
		if (order < 0) continue;
		z.reservedHighatomic -= Math.min(512, z.reservedHighatomic);
		z.atomicBlocks[order] = 0;
		z.blocks[order] = (z.blocks[order] as number) + 1;
		return true;
	}
	return false;
}

function addPages(s: S, { zone, pages }: ReclaimStep | OomStep): void {
	const z = s.zones[zone] as TwinZone;
	z.free += pages;
	z.blocks[0] = (z.blocks[0] as number) + pages;
}

/** memalloc-scopes.md §4, first match wins. */
function reserveFlags({ c, gfp }: S): number {
	const memalloc = has(c.taskFlags, P.MEMALLOC);
	if (has(gfp, G.NOMEMALLOC)) return 0;
	if (has(gfp, G.MEMALLOC) || (has(c.preemptCount, 0x100) && memalloc)) return A.NOWMARK;
	if (inIrq(c)) return 0;
	if (memalloc) return A.NOWMARK;
	return c.oomVictim ? A.OOM : 0;
}

/** gfp.md §6. */
function slowFlags({ c, gfp }: S): number {
	let flags = A.CPUSET | (gfp & (G.HIGH | G.KSWAPD));
	if (!has(gfp, G.DIRECT)) {
		if (!has(gfp, G.NOMEMALLOC)) {
			flags |= A.NONBLOCK;
			if (c.order > 0 && (c.kernel !== "v6.12.117" || has(gfp, G.HIGH))) flags |= A.HIGHATOMIC;
		}
		if (has(gfp, G.HIGH)) flags &= ~A.CPUSET;
	} else if (c.rtTask && inTask(c)) {
		flags |= A.MINRES;
	}
	return flags;
}

/** §2.1. */
function cookieChanged(s: S, rung: string): boolean {
	const { cpuset } = s.c;
	let changed = s.zcookie !== s.zonelist;
	if (cpuset !== undefined) {
		const { nodemask } = s;
		if (nodemask !== undefined && ![0, 1, 2].some((n) => nodemask.has(n) && s.mems.has(n))) {
			s.nodemask = undefined;
			changed = true;
		} else if (s.cookie !== s.sequence) {
			changed = true;
		}
	}
	if (changed) s.log.push(`${rung} restart`);
	return changed;
}

const costly = (s: S): boolean => s.c.order > 3;
const canCompact = (s: S): boolean => s.c.compactions !== undefined && has(s.gfp, G.IO);
const migratetype = (s: S): number => (s.gfp >> 3) & 3;

/** Direct compaction at a priority; the page of a pass is the result. */
function compact(s: S, rung: string, priority: number): boolean {
	if (s.c.order === 0) return false;
	const script = s.c.compactions;
	s.cresult = script !== undefined && canCompact(s) ? (script[s.compactions++ % script.length] as number) : 0;
	s.log.push(`${rung} goes on at ${priority}: ${s.cresult}`);
	return s.cresult !== 0 && pass(s, rung, s.flags);
}

function decide(s: S, rung: string, toNopage: boolean, next: Label): Label {
	s.log.push(`${rung} ${toNopage ? "nopage" : "goes on"}`);
	return toNopage ? "S20" : next;
}

/** Whether kswapd may be woken at this rung. */
function wake(s: S, rung: string): void {
	if (has(s.flags, A.KSWAPD)) s.log.push(`${rung} woken`);
}

function reclaimRetry(s: S): boolean {
	if (s.progress > 0 && !costly(s)) s.loops = 0;
	else s.loops++;
	let retry = false;
	if (s.loops <= 16) {
		for (const z of zonelist(s, s.nodemask)) {
			const skips = s.c.kernel !== "v6.11" && s.c.cpuset !== undefined && has(s.flags, A.CPUSET);
			if (skips && !cpusetAllows(s, z.node, s.gfp)) continue;
			const available = (s.c.reclaimable[s.zones.indexOf(z)] as number) + z.free;
			retry = passes(s, z, s.c.order, z.min + z.boost, s.flags, available);
			s.log.push(`S17 ${retry ? "retry" : "goes on"}`);
			if (retry) break;
		}
	}
	retry ||= giveBackHighatomic(s, true);
	s.log.push(`S17 ${retry ? "retry" : "goes on"}`);
	return retry;
}

function compactRetry(s: S): boolean {
	if (s.c.order === 0 || s.c.killPending) return false;
	if (s.cresult === 0) return s.c.zonelistSuitable;
	if (s.cresult === 5 && ++s.cretries <= (costly(s) ? 4 : 16)) return true;
	if (s.cprio <= (costly(s) ? 1 : 0)) return false;
	s.cprio--;
	s.cretries = 0;
	return true;
}

/** The steps. Each says what comes next. */
const TABLE: Readonly<Record<Exclude<Label, "page" | "NULL">, (s: S) => Label>> = {
	E1: (s) => {
		if (s.c.order > 10) {
			s.log.push("E1 fails");
			return "NULL";
		}
		s.log.push("E2 goes on");
		return "E5";
	},
	E5: (s) => {
		const cpusets = s.c.cpuset !== undefined;
		let flags = A.LOW | (s.gfp & G.KSWAPD);
		if (cpusets && inTask(s.c) && s.nodemask === undefined) s.nodemask = s.mems;
		else if (cpusets) flags |= A.CPUSET;
		const found = pass(s, "E5", flags, s.gfp | (cpusets ? G.HARDWALL : 0));
		s.nodemask = s.c.nodemask;
		return found ? "page" : "S1";
	},
	S1: (s) => {
		Object.assign(s, { loops: 0, cretries: 0, cprio: 1, cresult: 0, cookie: s.sequence, zcookie: s.zonelist });
		s.flags = slowFlags(s);
		if (decide(s, "S1", zonelist(s, s.nodemask).length === 0, "S3") === "S20") return "S20";
		const { cpuset } = s.c;
		const insane = cpuset?.insane === true && has(s.gfp, G.HARDWALL) && zonelist(s, s.mems).length === 0;
		return decide(s, "S2", insane, "S3");
	},
	S3: (s) => {
		wake(s, "S3");
		if (pass(s, "S4", s.flags)) return "page";
		const early = has(s.gfp, G.DIRECT) && canCompact(s) && (costly(s) || (s.c.order > 0 && migratetype(s) !== 1));
		return early && reserveFlags(s) === 0 ? "S5" : "S7";
	},
	S5: (s) => {
		if (compact(s, "S5", 2)) return "page";
		if (!costly(s) || !has(s.gfp, G.NORETRY)) return "S7";
		const thisnode = s.c.kernel === "v6.12.117" && has(s.gfp, G.THISNODE);
		const next = decide(s, "S6", s.cresult <= 1 || thisnode, "S7");
		if (next === "S7") s.cprio = 2;
		return next;
	},
	S7: (s) => (s.c.kernel === "v6.12.117" && cookieChanged(s, "S7") ? "S1" : "S8"),
	S8: (s) => {
		wake(s, "S8");
		const reserve = reserveFlags(s);
		if (reserve !== 0) {
			s.flags = reserve | (s.flags & A.KSWAPD);
			s.log.push("S9 goes on");
		}
		if (!has(s.flags, A.CPUSET) && s.nodemask !== undefined) {
			s.nodemask = undefined;
			s.log.push("S10 goes on");
		}
		return pass(s, "S11", s.flags) ? "page" : "S12";
	},
	S12: (s) => decide(s, "S12", !has(s.gfp, G.DIRECT) || has(s.c.taskFlags, P.MEMALLOC), "S13"),
	S13: (s) => {
		const step = s.c.reclaims[s.reclaims++ % s.c.reclaims.length] as ReclaimStep;
		addPages(s, step);
		if (step.change === "zonelist") s.zonelist++;
		if (step.change === "cpuset" && s.c.cpuset !== undefined) s.sequence++;
		if (step.change === "mems" && s.c.cpuset !== undefined) s.mems = s.c.cpuset.mems[1] as ReadonlySet<number>;
		s.progress = step.progress;
		s.log.push("S13 goes on");
		if (s.progress === 0) return "S14";
		if (pass(s, "S13", s.flags)) return "page";
		giveBackHighatomic(s, false);
		return pass(s, "S13", s.flags) ? "page" : "S14";
	},
	S14: (s) => (compact(s, "S14", s.cprio) ? "page" : "S15"),
	S15: (s) => {
		if (decide(s, "S15", has(s.gfp, G.NORETRY), "S17") === "S20") return "S20";
		return decide(s, "S16", costly(s) && (!canCompact(s) || !has(s.gfp, G.MAYFAIL)), "S17");
	},
	S17: (s) => (reclaimRetry(s) ? "S7" : "S18"),
	S18: (s) => {
		if (s.progress > 0 && canCompact(s)) {
			const retry = compactRetry(s);
			s.log.push(`S18 ${retry ? "retry" : "goes on"}`);
			if (retry) return "S7";
		}
		return cookieChanged(s, "S18") ? "S1" : "S19";
	},
	S19: (s) => {
		if (oomStep(s)) return "page";
		const victim = s.c.oomVictim && (has(s.flags, A.OOM) || has(s.gfp, G.NOMEMALLOC));
		const next = decide(s, "S19", victim || s.progress === 0, "S7");
		if (next === "S7") s.loops = 0;
		return next;
	},
	S20: (s) => {
		if (cookieChanged(s, "S20")) return "S1";
		if (has(s.gfp, G.NOFAIL)) return "S21";
		s.log.push("S20 fails");
		return "NULL";
	},
	S21: (s) => {
		if (!has(s.gfp, G.DIRECT)) {
			s.log.push("S21 fails");
			return "NULL";
		}
		if (pass(s, "S21", A.MINRES | A.CPUSET) || pass(s, "S21", A.MINRES)) return "page";
		s.log.push("S21 retry");
		return "S7";
	},
};

/** §5. @returns whether a page was found; sets the progress. */
function oomStep(s: S): boolean {
	const step = s.c.ooms[s.ooms++ % s.c.ooms.length] as OomStep;
	s.progress = step.locked ? 1 : 0;
	if (!step.locked) {
		if (pass(s, "S19", A.HIGH | A.CPUSET, (s.gfp | G.HARDWALL) & ~G.DIRECT)) return true;
		const pointless =
			has(s.c.taskFlags, P.DUMPCORE) ||
			costly(s) ||
			has(s.gfp, G.MAYFAIL | G.THISNODE) ||
			s.highest < 2 ||
			s.c.suspended;
		if (!pointless) {
			addPages(s, step);
			const nofail = has(s.gfp, G.NOFAIL);
			s.progress = step.result || nofail ? 1 : 0;
			if (nofail && (pass(s, "S19", A.NOWMARK | A.CPUSET) || pass(s, "S19", A.NOWMARK))) return true;
		}
	}
	s.log.push("S19 goes on");
	return false;
}

function initial(c: LadderCase): S {
	const zones = c.zones.map((z): TwinZone => {
		const atomic = z.highatomic ?? 0;
		const largest = z.largest ?? 10;
		return {
			node: z.node ?? 0,
			idx: z.idx ?? 2,
			free: z.free,
			min: z.min,
			low: z.low,
			high: z.high,
			boost: z.boost ?? 0,
			reserve: z.reserve ?? 0,
			blocks: decompose(z.free - atomic, largest),
			atomicBlocks: decompose(atomic, largest),
			reservedHighatomic: z.reserved ?? 0,
		};
	});
	const gfp = scoped(c);
	return {
		c,
		zones,
		gfp,
		highest: HIGHEST[gfp & 15] as number,
		nodemask: c.nodemask,
		flags: 0,
		loops: 0,
		cretries: 0,
		cprio: 1,
		cresult: 0,
		progress: 0,
		mems: c.cpuset?.mems[0] ?? new Set(),
		sequence: 0,
		zonelist: 0,
		cookie: 0,
		zcookie: 0,
		reclaims: 0,
		compactions: 0,
		ooms: 0,
		log: [],
	};
}

/** Runs the case by the table. A charge that fails gives the page back. */
export function runTable(
	c: LadderCase,
	maxRungs: number,
): { readonly rungs: readonly string[]; readonly end: "page" | "NULL" | "cut" } {
	const s = initial(c);
	let label: Label = "E1";
	while (label !== "page" && label !== "NULL") {
		if (s.log.length >= maxRungs) return { rungs: s.log, end: "cut" };
		label = TABLE[label](s);
	}
	if (label === "page" && c.charged === false && has(s.gfp, G.ACCOUNT)) {
		s.log.push("E8 refused");
		label = "NULL";
	}
	return { rungs: s.log, end: label };
}
