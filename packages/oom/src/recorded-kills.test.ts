import { readdirSync, readFileSync } from "node:fs";
import type { OomAnswer, OomPolicy } from "@pagelab/contracts";
import { describe, expect, test } from "vitest";
import { readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { formatOomRecord } from "./format-oom-record.ts";
import { OOM_MESSAGE } from "./oom-record.ts";
import { kernel6 } from "./policies/kernel-6.ts";
import { FakeMachine, Panic } from "./testing/fake-machine.fixture.ts";
import { invokerPid, loggedMachine } from "./testing/logged-machine.fixture.ts";
import { excerptOomLog, type LoggedOom, readOomLog } from "./testing/read-oom-log.fixture.ts";

/** All OOM reports of dev/oom, cut down to the lines that are read here. */
const RECORDED = new Map(
	readFileSync(new URL("./testing/recorded-kills.fixture.txt", import.meta.url), "utf8")
		.split(/^== (?=\w+$)/m)
		.slice(1)
		.map((part) => {
			const [name = "", ...lines] = part.split("\n");
			return [name, lines.join("\n")] as const;
		}),
);

/** Reports in which nobody was ranked, and why; all others must be predicted by rank. */
const BY_OTHER_RULES: Readonly<Record<string, string>> = {
	"alloctask 1": "vm.oom_kill_allocating_task: no scan",
	"cascade 9": "nobody is left, panic",
	"cascadeswap 9": "nobody is left, panic",
	"nodump 1": "vm.oom_dump_tasks=0: no table to rank by",
	"nodump 2": "vm.panic_on_oom=1: panic before the scan",
};
/** Recordings of other failures than OOM. */
const WITHOUT_OOM = ["allocfail", "dryfail"];

const reports = [...RECORDED].flatMap(([name, text]) =>
	readOomLog(text).map((oom, i) => ({ name: `${name} ${i + 1}`, oom })),
);
const ranked = reports.filter(({ name }) => !(name in BY_OTHER_RULES));

/** oom.md §4 from the printed columns, and the later of two that tie: a twin of badness, ranking and constraint. */
function rankByHand(oom: LoggedOom): { readonly pid: number; readonly points: number }[] {
	const { ram = 0, reserved = 0, swapKb = 0, limitKb = 0 } = oom.numbers;
	const nodes = oom.summary?.["nodemask"] ?? "(null)";
	let totalpages = ram - reserved + swapKb / 4;
	if (oom.summary?.["constraint"] === "CONSTRAINT_MEMCG") totalpages = limitKb / 4;
	if (nodes !== "(null)") totalpages = (oom.presentKb.get(Number(nodes)) ?? 0) / 4 + swapKb / 4;
	const best: { pid: number; points: number }[] = [];
	for (const { pid, columns } of oom.tasks) {
		const { rss = 0, swapents = 0, pgtables_bytes: tables = 0, oom_score_adj: adj = 0 } = columns;
		if (adj === -1000) continue;
		const points = rss + swapents + Math.floor(tables / 4096) + adj * Math.floor(totalpages / 1000);
		const place = best.findIndex((other) => points >= other.points);
		best.splice(place < 0 ? best.length : place, 0, { pid, points });
	}
	return best;
}

const pidOf = (oom: LoggedOom): number => Number(oom.summary?.["pid"]);

describe("the victim of every recorded kill with a task table", () => {
	test("there are 41 of them, and five reports that other rules decide", () => {
		expect(ranked.length).toBe(41);
		expect(reports.length - ranked.length).toBe(Object.keys(BY_OTHER_RULES).length);
		expect(new Set(ranked.map(({ oom }) => oom.summary?.["constraint"]))).toEqual(
			new Set(["CONSTRAINT_NONE", "CONSTRAINT_MEMCG", "CONSTRAINT_MEMORY_POLICY"]),
		);
	});

	test.each(ranked.map(({ name, oom }) => [name, oom] as const))(
		"%s: by hand, from the printed columns",
		(_name, oom) => {
			expect(rankByHand(oom)[0]?.pid).toBe(pidOf(oom));
			expect(oom.kills[0]?.pid).toBe(pidOf(oom));
		},
	);
});

/** The killer runs in the state of a report; its log is what the kernel logged. */
function rerun(oom: LoggedOom, policy: OomPolicy = kernel6): { machine: FakeMachine; panic: string | undefined } {
	const machine = new FakeMachine({ ...loggedMachine(oom), policy });
	const task = machine.task(invokerPid(oom));
	const { gfp, order } = oom;
	const { oom_memcg: memcg, nodemask = "(null)" } = oom.summary ?? {};
	const context = { task, preemptCount: 0, rtTask: false };
	const nodes = nodemask === "(null)" ? undefined : new Set([Number(nodemask)]);
	machine.sysctls.oomKillAllocatingTask = oom.kills[0]?.message === OOM_MESSAGE.ALLOCATING_TASK;
	machine.sysctls.panicOnOom = oom.panic?.includes("panic_on_oom") === true ? 1 : 0;
	machine.sysctls.oomDumpTasks = oom.tableLines.length > 0;
	const { killer } = machine;
	try {
		machine.run(function* () {
			if (order === -1) return yield* killer.sysrqF(task);
			if (memcg !== undefined) return yield* killer.memCgroupOutOfMemory({ memcg, gfp, order, context });
			killer.tryLock();
			const result = yield* killer.outOfMemory({ gfp, order, highestZone: 2, zones: [], nodemask: nodes, context });
			killer.unlock();
			return result;
		});
	} catch (error) {
		if (error instanceof Panic) return { machine, panic: error.message };
		throw error;
	}
	machine.killer.validate();
	return { machine, panic: undefined };
}

/** All lines of a report that the OOM killer itself prints, in their order. */
function loggedLines(oom: LoggedOom): string[] {
	const kills = oom.kills.map(({ line }) => line);
	const [first, ...others] = kills;
	const group =
		oom.group === undefined ? [] : [`Tasks in ${oom.group} are going to be killed due to memory.oom.group set`];
	return [
		oom.header,
		...oom.tableLines,
		...[oom.summaryLine, first].filter((line) => line !== undefined),
		...group,
		...others,
		...(oom.nobody ? ["Out of memory and no killable processes..."] : []),
	];
}

describe("the killer in the state of each report says and does what the kernel did", () => {
	// Without a table there is nobody to choose from: what is left is the task that asked.
	const runnable = reports.filter(({ name }) => name !== "nodump 1");

	test.each(runnable.map(({ name, oom }) => [name, oom] as const))("%s", (_name, oom) => {
		const { machine, panic } = rerun(oom);
		const lines = machine.records.flatMap((record) => formatOomRecord(record, { kernel: "6.12" }));
		expect(lines).toEqual(loggedLines(oom));
		expect(panic).toBe(oom.panic);
		expect(machine.killed).toEqual(oom.kills.map(({ pid }) => pid));
		for (const { pid } of oom.kills) expect(machine.task(pid).oomVictim).toBe(true);
	});
});

test("the policy ranks all tasks of a report, with the points that the columns give", () => {
	for (const { oom } of ranked) {
		const asked: OomAnswer[] = [];
		const decide: OomPolicy["decide"] = (view, memory) => {
			const answer = kernel6.decide(view, memory);
			asked.push(answer);
			return answer;
		};
		rerun(oom, { ...kernel6, decide });
		const ranking = asked[0]?.ranking.map(({ pids, points }) => ({ pid: pids[0], points }));
		expect(ranking).toEqual(rankByHand(oom));
	}
});

const shared = sharedFolder === undefined ? undefined : `${sharedFolder}/oracle/dev/oom`;

test.skipIf(shared === undefined)("the fixture is what all recordings say (needs the shared folder)", () => {
	const files = readdirSync(shared ?? "").filter((file) => file.endsWith(".dmesg.gz"));
	expect(files.map((file) => file.replace(".dmesg.gz", "")).sort()).toEqual(
		[...RECORDED.keys(), ...WITHOUT_OOM].sort(),
	);
	for (const name of [...RECORDED.keys(), ...WITHOUT_OOM]) {
		const log = new TextDecoder().decode(readShared(`oracle/dev/oom/${name}.dmesg.gz`));
		expect(readOomLog(log)).toEqual(readOomLog(RECORDED.get(name) ?? ""));
		if (RECORDED.has(name)) expect(RECORDED.get(name)).toBe(excerptOomLog(log));
	}
});
