import fc from "fast-check";
import { type OomEvent, readKlog } from "../../index.ts";

/** A task of a random report. */
export interface RandomTask {
	readonly pid: number;
	readonly rss: number;
	readonly pgtables: number;
	readonly swap: number;
	readonly adj: number;
}

export interface RandomOom {
	readonly tasks: readonly RandomTask[];
	/** Pages of RAM, and kB of swap. */
	readonly ram: number;
	readonly swapKb: number;
}

const task: fc.Arbitrary<Omit<RandomTask, "pid">> = fc.record({
	rss: fc.nat(200_000),
	pgtables: fc.nat(100),
	swap: fc.nat(50_000),
	adj: fc.oneof(fc.constantFrom(0, 0, -1000, 1000, -999), fc.integer({ min: -1000, max: 1000 })),
});

/** Reports with a task at least, some of them with ties. */
export const randomOom: fc.Arbitrary<RandomOom> = fc.record({
	tasks: fc
		.array(fc.oneof(task, fc.constant({ rss: 5000, pgtables: 10, swap: 0, adj: 0 })), { minLength: 1, maxLength: 12 })
		.map((tasks) => tasks.map((own, i) => ({ ...own, pid: 100 + i }))),
	ram: fc.integer({ min: 500, max: 2_000_000 }),
	swapKb: fc.nat(4_000_000),
});

const row = ({ pid, rss, pgtables, swap, adj }: RandomTask): string =>
	`[    ${pid}]     0   ${pid}   ${rss + 9}   ${rss}  ${rss}  0  0  ${pgtables * 4096}  ${swap}  ${adj} t${pid}`;

/** A global report of 6.12 as the kernel prints it, without a kill: nobody is named as victim. */
export const oomText = ({ tasks, ram, swapKb }: RandomOom): string =>
	[
		"asker invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
		"CPU: 0 UID: 0 PID: 100 Comm: asker Not tainted 6.12.117 #1",
		"Mem-Info:",
		"active_anon:100 inactive_anon:100 isolated_anon:0",
		" active_file:10 inactive_file:10 isolated_file:0",
		" unevictable:0 dirty:0 writeback:0",
		" slab_reclaimable:10 slab_unreclaimable:10",
		" mapped:0 shmem:0 pagetables:10",
		" sec_pagetables:0 bounce:0",
		" kernel_misc_reclaimable:0",
		" free:100 free_pcp:0 free_cma:0",
		`Node 0 Normal free:400kB boost:0kB min:800kB low:1000kB high:1200kB present:${ram * 4}kB managed:${ram * 4}kB`,
		"lowmem_reserve[]: 0 0 0 0 0",
		"Node 0 Normal: 100*4kB (UM) 0*8kB 0*16kB = 400kB",
		"Free swap  = 0kB",
		`Total swap = ${swapKb}kB`,
		`${ram} pages RAM`,
		"0 pages reserved",
		"Tasks state (memory values in pages):",
		"[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name",
		...tasks.map(row),
	].join("\n");

/** The kill of one of the tasks. */
export const killText = ({ pid, rss, pgtables, adj }: RandomTask): string =>
	[
		`oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=t${pid},pid=${pid},uid=0`,
		`Out of memory: Killed process ${pid} (t${pid}) total-vm:${(rss + 9) * 4}kB, anon-rss:${rss * 4}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:${pgtables * 4}kB oom_score_adj:${adj}`,
	].join("\n");

/** The event of a report. */
export function oomEvent(text: string): OomEvent {
	const [event] = readKlog(text);
	if (event?.kind !== "oom") throw new Error("the text is no OOM report");
	return event;
}

/** The tasks as oom.md §4 ranks them, with their points: a twin. */
export function rankByHand({ tasks, ram, swapKb }: RandomOom): { readonly pid: number; readonly points: number }[] {
	const factor = Math.floor((ram + Math.floor(swapKb / 4)) / 1000);
	const alive = tasks.filter(({ adj }) => adj !== -1000);
	const scored = alive.map(({ pid, rss, swap, pgtables, adj }) => ({
		pid,
		points: rss + swap + pgtables + adj * factor,
	}));
	return scored.toReversed().sort((a, b) => b.points - a.points);
}
