import type { OomCandidate, OomPolicy } from "@pagelab/contracts";
import { mmRss } from "../oom-badness.ts";
import { isOomExempt, isOomVictim } from "../oom-eligibility.ts";
import { kernelAnswer } from "./kernel-policy.ts";

/**
 * A baseline, no kernel's: resident memory alone, without swap, page tables and oom_score_adj except -1000. The earlier
 * task wins a tie.
 */
export const largestRssPolicy: OomPolicy = {
	id: "largest-rss",
	claim: "The task with the most resident memory dies.",
	source: "baseline of this project",
	evidence: "inferred",
	runsIn: "kernel",
	decide: (view) => {
		const ranking: OomCandidate[] = [];
		for (const task of view.tasks) {
			if (task.mm === undefined || isOomExempt(task) || isOomVictim(task)) continue;
			ranking.push({ pids: [task.pid], points: mmRss(task.mm) });
		}
		ranking.sort((a, b) => b.points - a.points);
		return kernelAnswer(view, ranking, "most resident memory");
	},
};
