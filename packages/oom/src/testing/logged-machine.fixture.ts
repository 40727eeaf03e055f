import type { OomCgroup } from "@pagelab/contracts";
import type { OomNode } from "../oom-host.ts";
import type { FakeMachineOptions, FakeProcess } from "./fake-machine.fixture.ts";
import type { LoggedOom, LoggedTask } from "./read-oom-log.fixture.ts";

const column = (task: LoggedTask, name: string): number => task.columns[name] ?? 0;

/** A row of a task table as a process; page tables of older tables become bytes. */
export function loggedProcess(task: LoggedTask, memcg: string): FakeProcess {
	const split = "rss_anon" in task.columns;
	const tables = (column(task, "nr_ptes") + column(task, "nr_pmds")) * 4096;
	return {
		pid: task.pid,
		comm: task.comm,
		uid: task.uid,
		oomScoreAdj: column(task, "oom_score_adj"),
		kind: "user",
		memcg,
		mm: {
			totalVm: column(task, "total_vm"),
			rssAnon: split ? column(task, "rss_anon") : column(task, "rss"),
			rssFile: column(task, "rss_file"),
			rssShmem: column(task, "rss_shmem"),
			swapents: column(task, "swapents"),
			pgtablesBytes: column(task, "pgtables_bytes") + tables,
		},
	};
}

/** RAM and swap, in pages. */
export function loggedMemory({ numbers }: LoggedOom): { totalram: number; totalSwap: number } {
	return {
		totalram: (numbers["ram"] ?? 0) - (numbers["reserved"] ?? 0),
		totalSwap: Math.floor((numbers["swapKb"] ?? 0) / 4),
	};
}

/** Nobody sets a limit as high as this: none is set. */
const NO_LIMIT_KB = 2 ** 50;

const limitPages = (kb: number | undefined): number | undefined =>
	kb === undefined || kb >= NO_LIMIT_KB ? undefined : Math.floor(kb / 4);

/** The cgroup at its limit and those above it. */
function loggedCgroups(oom: LoggedOom, path: string): OomCgroup[] {
	const memoryMax = limitPages(oom.numbers["limitKb"]);
	const limit = memoryMax === undefined ? {} : { memoryMax };
	const cgroup = { path, memoryCurrent: memoryMax ?? 0, swapCurrent: 0, ...limit, oomGroup: oom.group === path };
	return [{ path: "/", memoryCurrent: 0, swapCurrent: 0 }, cgroup];
}

/** Pid of the task that asked: the last of its name, or a kernel thread that no table shows. */
const KWORKER = 2;
export const invokerPid = (oom: LoggedOom): number => oom.tasks.findLast((t) => t.comm === oom.invoker)?.pid ?? KWORKER;

/** `0-1,3` as numbers. */
function parseNodes(list: string): number[] {
	return list.split(",").flatMap((range) => {
		const [first = 0, last = first] = range.split("-").map(Number);
		return Array.from({ length: last - first + 1 }, (_, i) => first + i);
	});
}

/** Nodes that may be used, with what the report says of their zones: one under a nodemask shows only the nodes of that. */
function loggedNodes(oom: LoggedOom): OomNode[] {
	const nodes = new Set([...parseNodes(oom.summary?.["mems_allowed"] ?? "0"), ...oom.presentKb.keys()]);
	return [...nodes].map((node) => {
		const present = (oom.presentKb.get(node) ?? 0) / 4;
		return { node, present, spanned: present };
	});
}

/** A machine in the state of a report. */
export function loggedMachine(oom: LoggedOom): FakeMachineOptions {
	const memcg = oom.summary?.["oom_memcg"];
	const rows = oom.tasks.map((task) => loggedProcess(task, memcg ?? "/"));
	const worker: FakeProcess = {
		pid: KWORKER,
		comm: oom.invoker,
		kind: "kthread",
		mm: "none",
		memcg: "/",
		oomScoreAdj: oom.adj,
	};
	return {
		processes: [{ pid: 1, comm: "init" }, worker, ...rows],
		...loggedMemory(oom),
		nodes: loggedNodes(oom),
		cgroups: memcg === undefined ? [] : loggedCgroups(oom, memcg),
	};
}
