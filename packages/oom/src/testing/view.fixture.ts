import type { OomAnswer, OomCgroup, OomMeminfo, OomPolicy, OomTask, OomView, PsiPressure } from "@pagelab/contracts";
import { fakeProcess, type FakeProcess } from "./fake-machine.fixture.ts";

/** A process as a policy sees it. */
export function viewTask(
	given: FakeProcess & { readonly oomMm?: OomTask["oomMm"]; readonly oomSkip?: boolean },
): OomTask {
	const { oomMm, oomSkip = false, ...process } = given;
	const { mm, ...rest } = fakeProcess(process);
	return { ...rest, mm: mm === undefined ? undefined : { ...mm, oomSkip }, oomMm };
}

/** A view at 0 s of a machine with 100 000 pages and 20 000 pages of swap, to be changed. */
export const viewWith = (tasks: readonly FakeProcess[], change: Partial<OomView> = {}): OomView => ({
	nowMs: 0,
	pageSize: 4096,
	tasks: tasks.map(viewTask),
	totalpages: 120_000,
	...change,
});

export const meminfoOf = (change: Partial<OomMeminfo> = {}): OomMeminfo => ({
	memTotal: 100_000,
	memAvailable: 50_000,
	anonPages: 50_000,
	swapTotal: 20_000,
	swapFree: 20_000,
	...change,
});

/** Pressure with this avg10 in % on the full line; twice that, or 100, on the some line. */
export function pressureOf(percent: number): PsiPressure {
	const line = (value: number): PsiPressure["full"] => ({
		avg10: Math.round(value * 100),
		avg60: Math.round(value * 80),
		avg300: Math.round(value * 50),
		totalUs: 0,
	});
	return { some: line(Math.min(100, percent * 2)), full: line(percent) };
}

export const cgroupOf = (path: string, change: Partial<OomCgroup> = {}): OomCgroup => ({
	path,
	memoryCurrent: 0,
	swapCurrent: 0,
	...change,
});

/** Asks a policy view after view, handing its memory on. */
export function ask(policy: OomPolicy, views: readonly OomView[]): OomAnswer[] {
	let memory: OomAnswer["memory"] = {};
	return views.map((view) => {
		const answer = policy.decide(view, memory);
		({ memory } = answer);
		return answer;
	});
}

/** `kill 20`, `wait` or `unknown`, with the signal where it is not SIGKILL. */
export function actOf({ act, ranking, signal }: OomAnswer): string {
	if (act !== "kill") return act;
	return `${signal === "SIGTERM" ? "term" : "kill"} ${ranking[0]?.pids.join(" ")}`;
}
