import { z } from "zod";
import { count, numberOrNull, statements, text } from "../schema-parts.ts";

const task = z.strictObject({ pid: count("Its pid."), name: text("Its name.") });

const rankedTask = z.strictObject({
	pid: count("Its pid."),
	name: text("Its name."),
	points: z.number().describe("Badness, in the unit that stands beside the ranking."),
	oom_score_adj: count("Its oom_score_adj."),
	rss: count("Resident pages."),
	swap: numberOrNull("Pages in swap; null where the kernel's table has no such column."),
	pgtables: numberOrNull("Pages of page tables; null where the kernel's table has no such column."),
	line: count("Line of its row, from 1."),
});

const exemptTask = z.strictObject({
	pid: count("Its pid."),
	name: text("Its name."),
	reason: z.enum(["oom_score_adj -1000", "init", "killed before", "not killable"]).describe("Why it cannot be chosen."),
	rss: count("Resident pages."),
});

const freed = z.strictObject({
	pid: count("Its pid."),
	name: text("Its name."),
	anonKb: numberOrNull("Anonymous memory in kB, which comes free."),
	fileKb: numberOrNull("Mapped page cache in kB, which stays until reclaim takes it."),
	shmemKb: numberOrNull("Shared memory in kB, which stays as long as somebody holds it."),
	swapKb: numberOrNull("Swap in kB."),
	pgtablesKb: numberOrNull("Page tables in kB, free when it has exited."),
	pages: numberOrNull("The least that comes free, in pages."),
});

const secondKill = z.strictObject({
	verdict: z
		.enum(["happened", "likely", "possible", "unlikely", "nobody to kill", "not decidable"])
		.describe("Whether another task dies after this one."),
	freedPages: numberOrNull("Pages that the kill frees at least."),
	missingPages: numberOrNull("Pages that the request lacked."),
	next: task.nullable().describe("The next victim in the log for the same want."),
	statements: statements("Why."),
});

/** `victim` of an explanation: who was killed, and why that one. */
export const victimSchema: z.ZodType = z.strictObject({
	decision: z
		.enum([
			"ranking",
			"allocating task",
			"group",
			"sysrq",
			"panic on oom",
			"nobody left",
			"already exiting",
			"not in the log",
		])
		.describe("By which rule somebody, or nobody, was killed."),
	victim: task.nullable().describe("The first task killed; null where none was, or its line is missing."),
	chosen: task.nullable().describe("The task that was chosen; up to 5.1 its child may have died in its place."),
	constraint: z
		.enum(["NONE", "CPUSET", "MEMORY_POLICY", "MEMCG"])
		.nullable()
		.describe("CONSTRAINT_* without the prefix; null where it is not known."),
	pageKb: count("Size of a page in kB."),
	totalpages: numberOrNull("RAM and swap that badness is measured against, in pages."),
	unit: z.enum(["pages", "permille"]).describe("Unit of the points: pages, or up to 3.5 thousandths of totalpages."),
	adjPoints: numberOrNull("Points that 1 of oom_score_adj is worth."),
	ranking: z
		.array(rankedTask)
		.nullable()
		.describe("Tasks that could be chosen, best victim first; null where the log does not allow a ranking."),
	exempt: z.array(exemptTask).describe("Listed tasks that could not be chosen."),
	predicted: task.nullable().describe("The first of the ranking."),
	agrees: z
		.boolean()
		.nullable()
		.describe("The predicted task is the chosen one; null where that cannot be asked of this event."),
	runnerUp: rankedTask.nullable().describe("The best of the tasks beside the chosen one."),
	margin: numberOrNull("Points between the chosen task and the runner-up; negative where the log disagrees."),
	freed: z.array(freed).describe("What the killed tasks hold, each of them once."),
	secondKill: secondKill.describe("Whether another kill is likely."),
	who: statements("Who was killed, and by which rule."),
	why: statements("Why that one."),
	brings: statements("What the kill brings."),
});

const outcome = z.strictObject({
	policy: text("Id of the policy, such as earlyoom."),
	claim: text("Whom it kills and when."),
	act: z.enum(["kills", "nobody", "not decidable"]).describe("What it does at this instant."),
	victims: z.array(task).describe("Who dies, all at once."),
	signal: z.enum(["SIGKILL", "SIGTERM"]).nullable().describe("By which signal; null where nobody dies."),
	why: text("Why, or what the log lacks, in a few words."),
});

/** `policies` of an explanation: what other OOM policies would have done. */
export const policiesSchema: z.ZodType = z.strictObject({
	outcomes: z.array(outcome).describe("What each policy would have done at this instant."),
	notes: statements("What holds for several of them."),
});

/** `wouldHaveChanged` of an explanation: the least changes that would have made a difference. */
export const wouldHaveChangedSchema: z.ZodType = z.strictObject({
	sparingAdj: numberOrNull("Highest oom_score_adj of the victim with which another task dies."),
	runnerUpAdj: numberOrNull("Lowest oom_score_adj of the runner-up with which it dies instead."),
	limitKb: numberOrNull("kB by which the cgroup's limit would have had to be higher for this one charge."),
	statements: statements("The same in words, with other requests in its place."),
});
