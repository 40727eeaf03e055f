import { readdirSync } from "node:fs";
import type { OomPolicy, OomTask, OomView } from "@pagelab/contracts";
import { describe, expect, test } from "vitest";
import { readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { BADNESS_6, badnessRuleOf } from "./badness-rule.ts";
import { oomBadness, printedScore } from "./oom-badness.ts";
import { kernelPolicy } from "./policies/kernel-policy.ts";
import { fakeProcess } from "./testing/fake-machine.fixture.ts";
import { loggedMemory, loggedProcess } from "./testing/logged-machine.fixture.ts";
import { type LoggedOom, type LoggedTask, readOomLog } from "./testing/read-oom-log.fixture.ts";

interface ScoreCase {
	/** Release whose rule holds; vendors took rules over from later ones. */
	readonly rule: string;
	/** The victim has CAP_SYS_ADMIN. */
	readonly root?: boolean;
	/** totalpages: RAM and swap, or the limit on memory and swap of a cgroup (v1). */
	readonly of?: "memsw";
	/** The table lacks columns that count, so that the score is this much higher than what the columns give. */
	readonly hidden?: number;
}

const EL6: ScoreCase = { rule: "2.6.36" };
const EL7: ScoreCase = { rule: "3.14", root: true };
/** uid 0 of a container, without CAP_SYS_ADMIN: it gets no bonus, which the score shows. */
const CONTAINER: ScoreCase = { rule: "4.8", of: "memsw" };

/** Every log with a `score` line and a task table. 2.6 tables lack the swap column. */
const SCORES: Readonly<Record<string, ScoreCase>> = {
	"001": { rule: "2.6.38", root: true },
	"002": { rule: "2.6.38", root: true, hidden: 66 },
	"003": { rule: "2.6.38", root: true, hidden: 67 },
	"004": { rule: "2.6.38", root: true, of: "memsw", hidden: 2 },
	"005": EL6,
	"006": EL6,
	"007": EL6,
	"008": EL6,
	"009": EL6,
	"010": EL6,
	"011": { ...EL6, hidden: 3 },
	"012": { ...EL6, hidden: 1 },
	"013": EL7,
	"014": { rule: "3.14" },
	"015": EL7,
	"016": EL7,
	"017": EL7,
	"018": EL7,
	"026": { rule: "3.13" },
	"033": CONTAINER,
	"034": CONTAINER,
	"035": CONTAINER,
};

/** Logs with a `score` line whose points cannot be had from what is printed. */
const NOT_COMPUTABLE: Readonly<Record<string, string>> = {
	"025": "a cgroup without limit on swap counts all swap, and a cgroup's report does not say how much that is",
	"057": "no task table",
	"059": "no task table",
	"060": "no task table",
	"222": "no task table",
};

const shared = sharedFolder === undefined ? undefined : `${sharedFolder}/klog`;
const cases = shared === undefined ? [] : readdirSync(shared).filter((name) => /^\d+$/.test(name));
const read = (path: string): string => new TextDecoder().decode(readShared(`klog/${path}`));
const readOom = (name: string): LoggedOom[] => readOomLog(read(`${name}/log.txt`).replaceAll("\r", ""));

function taskOf(row: LoggedTask, root: boolean): OomTask {
	const { mm, ...process } = fakeProcess(loggedProcess(row, "/"));
	return {
		...process,
		capSysAdmin: root,
		oomMm: undefined,
		mm: mm === undefined ? undefined : { ...mm, oomSkip: false },
	};
}

function totalpagesOf(oom: LoggedOom, of: "memsw" | undefined): number {
	if (of === "memsw") return (oom.numbers["memswKb"] ?? 0) / 4;
	const { totalram, totalSwap } = loggedMemory(oom);
	return totalram + totalSwap;
}

function scoreOf(oom: LoggedOom, { rule, root = false, of }: ScoreCase): number {
	const row = oom.tasks.find(({ pid }) => pid === oom.selected?.pid);
	if (row === undefined) throw new Error("the task with the score is not in the table");
	const totalpages = totalpagesOf(oom, of);
	const badness = badnessRuleOf(rule);
	const points = oomBadness(taskOf(row, root), { totalpages, rule: badness });
	return printedScore(points ?? Number.NaN, totalpages, badness);
}

describe.skipIf(shared === undefined)(
	"badness against the score lines of older kernels (needs the shared folder)",
	() => {
		test("all logs with such a line are listed", () => {
			const withScore = cases.filter((name) => read(`${name}/log.txt`).includes("or sacrifice child"));
			expect(withScore).toEqual([...Object.keys(SCORES), ...Object.keys(NOT_COMPUTABLE)].sort());
		});

		test.each(Object.entries(SCORES))("%s", (name, entry) => {
			const scored = readOom(name).filter(({ selected }) => selected !== undefined);
			expect(scored.length).toBe(1);
			for (const oom of scored) expect(scoreOf(oom, entry)).toBe((oom.selected?.score ?? 0) - (entry.hidden ?? 0));
		});

		test("those without a table have none", () => {
			for (const [name, reason] of Object.entries(NOT_COMPUTABLE)) {
				const rows = readOom(name).flatMap(({ tasks }) => tasks);
				expect(rows.length === 0).toBe(reason === "no task table");
			}
		});
	},
);

/** Rules that a vendor's kernel has from a later release. */
const VENDOR_RULES: readonly (readonly [RegExp, string])[] = [
	[/^2\.6\.32.*\.el6/, "2.6.36"],
	[/^3\.10\.0.*\.el7/, "3.14"],
];

/** The kernel's choice as of a release. Who has CAP_SYS_ADMIN is not logged: root is taken to. */
function policyOf(release: string): OomPolicy {
	const badness = badnessRuleOf(VENDOR_RULES.find(([name]) => name.test(release))?.[1] ?? release);
	return kernelPolicy({
		id: "kernel",
		claim: "",
		source: "",
		evidence: "inferred",
		badness,
		ties: badness === BADNESS_6 ? "later" : "earlier",
		sacrificesChild: false,
	});
}

/** A cgroup counts its common limit, if there is one, and else the one on memory: swap is not in its report. */
function totalpagesHere(oom: LoggedOom): number {
	const { limitKb, memswKb = Number.POSITIVE_INFINITY } = oom.numbers;
	if (limitKb === undefined || limitKb > 2 ** 50) return totalpagesOf(oom, undefined);
	return (memswKb > 2 ** 50 ? limitKb : memswKb) / 4;
}

interface Meta {
	readonly kind: string;
	readonly kernelVersion: string | null;
	readonly victimPid: number | null;
	readonly predictable: boolean | null;
}

describe.skipIf(shared === undefined)("the victims of the wild (needs the shared folder)", () => {
	const metas = cases.map((name) => [name, JSON.parse(read(`${name}/meta.json`)) as Meta] as const);
	const predictable = metas.filter(([, { predictable: can }]) => can === true);

	test("there are some of each era", () => {
		expect(predictable.length).toBe(22);
		const releases = new Set(predictable.map(([, { kernelVersion }]) => /^\d+\.\d+/.exec(kernelVersion ?? "")?.[0]));
		expect(releases).toEqual(new Set(["2.6", "3.10", "3.13", "4.18", "4.8", "5.10", "5.15", "5.4", "5.7", "6.7"]));
	});

	test.each(predictable)("%s", (name, meta) => {
		const policy = policyOf(meta.kernelVersion ?? "");
		const oom = readOom(name).find(({ kills }) => kills.some(({ pid }) => pid === meta.victimPid));
		const tasks = (oom?.tasks ?? []).map((row) => taskOf(row, row.uid === 0));
		const totalpages = oom === undefined ? 0 : totalpagesHere(oom);
		const view: OomView = { nowMs: 0, pageSize: 4096, tasks, totalpages };
		expect(policy.decide(view, {}).ranking[0]?.pids).toEqual([meta.victimPid]);
	});
});
