import { readKlog } from "@pagelab/klog";
import { expect, test } from "vitest";
import { eventContext } from "./event-context.ts";

const kill = (seconds: number, pid: number): string =>
	[
		`[${seconds}.000000] b invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`,
		`[${seconds}.000001] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=v,pid=${pid},uid=0`,
		`[${seconds}.000002] Out of memory: Killed process ${pid} (v) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0`,
	].join("\n");

const contextOf = (log: string[], index: number): [victims: number[], later: number] => {
	const events = readKlog(log.join("\n"));
	expect(events).toHaveLength(log.length);
	const { earlierVictims, later } = eventContext(events, index);
	return [[...(earlierVictims ?? [])], later.length];
};

test("victims of the minute before, and kills after", () => {
	const log = [kill(10, 1), kill(100, 2), kill(110, 3), kill(500, 4)];
	expect(contextOf(log, 0)).toEqual([[], 3]);
	expect(contextOf(log, 2)).toEqual([[2], 1]);
	expect(contextOf(log, 3)).toEqual([[], 0]);
});

test("another boot is another story", () => {
	const log = [kill(10, 1), kill(5, 2), kill(6, 3), kill(1, 4)];
	expect(contextOf(log, 1)).toEqual([[], 1]);
	expect(contextOf(log, 2)).toEqual([[2], 0]);
});
