import { PAGE_SIZE } from "@pagelab/base";
import type { OomCgroup, OomControlView, OomTask, OomView, PsiLine, PsiPressure } from "@pagelab/contracts";

const ADJS = [-1000, -500, 0, 900];
const NODES_OF_CGROUPS = ["/", "/user.slice", "/system.slice", "/system.slice/a.service"];

/** A plain task of `pages` anonymous pages. */
function plainTask(pid: number, pages: number, memcg: string): OomTask {
	const mm = { id: pid, totalVm: pages * 2, rssAnon: pages, rssFile: 3, rssShmem: 0, swapents: pages >> 3 };
	return {
		pid,
		parentPid: pid - 1,
		comm: `task ${pid}`,
		uid: 1000,
		oomScoreAdj: 0,
		kind: "user",
		mm: { ...mm, pgtablesBytes: 65536, oomSkip: false },
		oomMm: undefined,
		memcg,
	};
}

/** Every combination of the things that decide whether a task may die. */
function* specialTasks(): Generator<OomTask> {
	const base = plainTask(40, 5000, "/system.slice/a.service");
	for (const kind of ["user", "init", "kthread"] as const) {
		for (const oomScoreAdj of ADJS) {
			for (const mm of [base.mm, undefined, base.mm && { ...base.mm, oomSkip: true }]) {
				// Who is init or a kernel thread is exempt whatever else holds.
				if (kind !== "user" && (oomScoreAdj !== 0 || mm !== base.mm)) continue;
				for (const oomMm of [undefined, { id: 40, oomSkip: false }, { id: 40, oomSkip: true }]) {
					for (const exiting of [false, true]) {
						const pid = kind === "init" ? 1 : base.pid;
						yield { ...base, pid, kind, oomScoreAdj, mm, oomMm, exiting, inVfork: exiting && oomMm === undefined };
					}
				}
			}
		}
	}
}

/** Nobody, each special task alone, before and after others, with a child and among twins. */
function* taskSets(): Generator<readonly OomTask[]> {
	yield [];
	for (const special of specialTasks()) {
		const other = plainTask(70, 9000, "/user.slice");
		const child = { ...plainTask(90, 100, special.memcg), parentPid: special.pid };
		const sibling = { ...plainTask(91, 100, special.memcg), parentPid: special.pid };
		yield [special];
		yield [special, other];
		yield [{ ...other, pid: 30 }, special, child, sibling];
		yield [special, { ...special, pid: 42, kind: "user", mm: special.mm && { ...special.mm, id: 42 } }];
	}
}

const line = (percent: number, totalUs: number): PsiLine => ({
	avg10: percent * 100,
	avg60: percent * 80,
	avg300: percent * 50,
	totalUs,
});

const pressureOf = (percent: number, totalUs: number): PsiPressure => ({
	some: line(percent, totalUs),
	full: line(percent, totalUs),
});

const MEM_TOTAL = 50_000;
const SWAP_TOTAL = 20_000;

function cgroupsOf(percent: number, step: number): OomCgroup[] {
	return NODES_OF_CGROUPS.map((path, i) => ({
		path,
		memoryMax: 20_000,
		memoryCurrent: 4000 * i + 1000 * step,
		swapCurrent: 3000 * i,
		pgscan: 100 * step * percent * i,
		pressure: pressureOf(percent, step * 1e6),
		managedOomSwap: path === "/",
		managedOomMemoryPressure: path === "/system.slice" || path === "/user.slice",
	}));
}

/** All measurements of a machine under this much pressure, `step` minutes after it began. */
function measured(percent: number, step: number) {
	const free = percent === 0 ? 0.5 : 0.001;
	return {
		meminfo: {
			memTotal: MEM_TOTAL,
			memAvailable: Math.floor(MEM_TOTAL * free),
			anonPages: 20_000,
			swappable: 15_000,
			swapTotal: SWAP_TOTAL,
			swapFree: Math.floor(SWAP_TOTAL * free),
		},
		pressure: pressureOf(percent, step * 1e6),
		psiFired: { some: percent > 0, full: percent > 0 },
		vmstat: {
			workingsetRefaultFile: 9000 * step * percent,
			pgscanDirect: 500 * step * percent,
			pgscanKswapd: 900 * step * percent,
			pgrefill: 300 * step * percent,
			fileLru: 2000,
		},
		zoneMarks: { free: percent === 0 ? 5000 : 100, min: 400, low: 500, high: 600 },
		cgroups: cgroupsOf(percent, step),
	};
}

/** Nothing measured, calm, crisis; then a crisis in which one of the measurements is unknown, and one without swap. */
function* inputsOf(step: number): Generator<Omit<OomView, "nowMs" | "pageSize" | "tasks" | "totalpages" | "control">> {
	yield {};
	yield measured(0, step);
	const crisis = measured(99, step);
	yield crisis;
	for (const unknown of Object.keys(crisis)) {
		yield Object.fromEntries(Object.entries(crisis).filter(([name]) => name !== unknown));
	}
	yield { ...crisis, meminfo: { ...crisis.meminfo, swapTotal: 0, swapFree: 0 } };
}

const CONTROLS: readonly (OomControlView | undefined)[] = [
	undefined,
	{ gfp: 0xcc0, order: 0, constraint: "NONE", currentPid: 40 },
	{ gfp: 0xcc0, order: 0, constraint: "NONE", currentPid: 99 },
	{ gfp: 0xcc0, order: 0, constraint: "MEMCG", currentPid: 70, memcg: "/" },
	{ gfp: 0xcc0, order: -1, constraint: "NONE", currentPid: 2 },
];

/** Time between the views of one history, long enough for every delay of the policies here. */
const STEP_MS = 61_000;
const STEPS = 3;

/** How many sets of measurements are tried with every set of tasks: none, calm and crisis. */
const COMMON_INPUTS = 3;
/** Sets of tasks that are tried with each measurement unknown. */
const THOROUGH_SETS = 24;

/** Where out_of_memory() asks, measurements are read by nobody but a daemon's policy: none and calm will do. */
function inputCount(all: number, setIndex: number, control: OomControlView | undefined): number {
	if (control !== undefined) return 2;
	return setIndex < THOROUGH_SETS ? all : COMMON_INPUTS;
}

/**
 * Short histories of one machine, some thousands: who is there × what is measured × who asks. Small and extreme, not
 * likely.
 */
export function* enumerateOomHistories(): Generator<readonly OomView[]> {
	const inputs = Array.from({ length: STEPS }, (_, step) => [...inputsOf(step)]);
	const all = inputs[0]?.length ?? 0;
	let setIndex = 0;
	for (const tasks of taskSets()) {
		for (const control of CONTROLS) {
			for (let i = 0; i < inputCount(all, setIndex, control); i++) {
				yield inputs.map((sets, step) => ({
					nowMs: 100_000 + step * STEP_MS,
					pageSize: PAGE_SIZE,
					tasks,
					totalpages: MEM_TOTAL + SWAP_TOTAL,
					...sets[i],
					...(control === undefined ? {} : { control }),
				}));
			}
		}
		setIndex++;
	}
}
