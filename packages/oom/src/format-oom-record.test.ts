import { expect, test } from "vitest";
import { formatOomRecord } from "./format-oom-record.ts";
import { viewTask } from "./testing/view.fixture.ts";

test("the sample of oom.md §9", () => {
	const [first] = formatOomRecord(
		{ kind: "header", comm: "snapd", gfp: 0x140cca, order: 0, oomScoreAdj: -900 },
		{ kernel: "6.12" },
	);
	expect(first).toBe(
		"snapd invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=-900",
	);
	const python = viewTask({
		pid: 44_321,
		comm: "python",
		uid: 1000,
		memcg: "/system.slice/cron.service",
		mm: { totalVm: 540_645, rssAnon: 20_177, rssFile: 704, rssShmem: 0, pgtablesBytes: 3908 * 1024 },
	});
	const summary = {
		kind: "summary",
		constraint: "NONE",
		nodemask: undefined,
		cpuset: "snapd.service",
		memsAllowed: new Set([0]),
		oomMemcg: undefined,
		taskMemcg: python.memcg,
		comm: python.comm,
		pid: python.pid,
		uid: python.uid,
	} as const;
	expect(formatOomRecord(summary)).toEqual([
		"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=snapd.service,mems_allowed=0,global_oom,task_memcg=/system.slice/cron.service,task=python,pid=44321,uid=1000",
	]);
	expect(formatOomRecord({ kind: "killed", message: "Out of memory", task: python })).toEqual([
		"Out of memory: Killed process 44321 (python) total-vm:2162580kB, anon-rss:80708kB, file-rss:2816kB, shmem-rss:0kB, UID:1000 pgtables:3908kB oom_score_adj:0",
	]);
});

test("the other lines of oom.md §9", () => {
	const victim = viewTask({ pid: 20, comm: "a b" });
	const lines = [
		{ kind: "exiting", message: "Out of memory", pid: 20, comm: "a b" },
		{ kind: "reaped", pid: 20, comm: "a b", anonKb: 0, fileKb: 12, shmemKb: 4 },
		{ kind: "unreapable", pid: 20, comm: "a b" },
		{ kind: "pinned", victim, by: viewTask({ pid: 1, comm: "init" }) },
		{ kind: "group", path: "/a/b" },
		{ kind: "no killable" },
		{ kind: "selected", message: "Memory cgroup out of memory", pid: 20, comm: "a b", score: 999 },
	] as const;
	expect(lines.flatMap((record) => formatOomRecord(record))).toEqual([
		"Out of memory: OOM victim 20 (a b) is already exiting. Skip killing the task",
		"oom_reaper: reaped process 20 (a b), now anon-rss:0kB, file-rss:12kB, shmem-rss:4kB",
		"oom_reaper: unable to reap pid:20 (a b)",
		"oom killer 20 (a b) has mm pinned by 1 (init)",
		"Tasks in /a/b are going to be killed due to memory.oom.group set",
		"Out of memory and no killable processes...",
		"Memory cgroup out of memory: Kill process 20 (a b) score 999 or sacrifice child",
	]);
});
