import { type KernelId, PAGE_ALLOC_COSTLY_ORDER, MAX_PAGE_ORDER } from "@pagelab/base";
import type { ALLOC_WARNING } from "@pagelab/contracts";
import { formatAllocFailure, type ZoneNumbers } from "@pagelab/slow-path";
import { ScopeMachine, zonesOf } from "./scope-machine.ts";
import { type LoggedWarning, loggedWarnings, type ScopeRecording, type ScopeSamples } from "./scope-recording.ts";

/** A sample whose outcome the model does not reproduce. */
export interface ScopeMismatch {
	readonly label: string;
	readonly sample: string;
	readonly kernel: string;
	readonly model: string;
}

/** What running the samples of a recording on the model showed. */
export interface ScopeReplay {
	readonly name: string;
	readonly kernel: KernelId;
	readonly samples: number;
	/** Samples of operations that are modelled, and how many of them ended as recorded. */
	readonly replayed: number;
	readonly equal: number;
	/** Among them those whose outcome depends on whether a free block of the order was there, which is taken from the recording. */
	readonly given: number;
	/** By operation: samples that no package models yet. */
	readonly notModelled: Readonly<Record<string, number>>;
	/** Warnings of the log that belong to modelled operations, and how many the model gives at the same place in the same order. */
	readonly warnings: { readonly recorded: number; readonly equal: number };
	readonly mismatches: readonly ScopeMismatch[];
}

/** Functions of the log by the model's warning. */
const WARNING_PLACES: Partial<Readonly<Record<keyof typeof ALLOC_WARNING, string>>> = {
	ORDER_TOO_LARGE: "__alloc_pages",
	NOFAIL_ORDER: "__alloc_pages_slowpath",
	NOFAIL_NOT_BLOCKABLE: "__alloc_pages_slowpath",
	NOFAIL_PF_MEMALLOC: "__alloc_pages_slowpath",
};
const PLACES: readonly (string | undefined)[] = Object.values(WARNING_PLACES);

/** A warning with the class of request that caused it. */
interface PlacedWarning {
	readonly where: string;
	readonly label: string;
}

/** Each script of a recording ran as a process of its own, three pids after the one before. */
const PIDS_PER_SCRIPT = 3;

/** Warnings of the page allocator in the log, with the label of the script whose process gave them. */
function recordedWarnings(recording: ScopeRecording, logged: readonly LoggedWarning[]): PlacedWarning[] {
	const first = logged.find(({ pid }) => pid !== undefined)?.pid ?? 0;
	return logged
		.filter(({ where }) => PLACES.includes(where))
		.map(({ where, pid }) => {
			const script = recording.vmstatBetween[((pid ?? first) - first) / PIDS_PER_SCRIPT]?.script ?? "";
			return { where: where ?? "", label: script.replace(/^\d+-/, "") };
		});
}

/** How one operation is done on the model; absent for operations that no package models yet. */
type OpHandler = (run: ScopeRun, samples: ScopeSamples, i: number) => void;

/** By operation letter. A package that models another one adds its line here. */
const HANDLERS: Readonly<Record<string, OpHandler | undefined>> = {
	A: (run, samples, i) => run.allocPages(samples, i),
};

/** Does whether it succeeds depend on a free block that the recording does not show? */
const needsBlock = ({ arg }: ScopeSamples): boolean => arg > PAGE_ALLOC_COSTLY_ORDER && arg <= MAX_PAGE_ORDER;

/** The samples of one recording, in recorded order, on one machine. */
class ScopeRun {
	readonly #recording: ScopeRecording;
	readonly #machine: ScopeMachine;
	readonly #zones: readonly ZoneNumbers[];
	readonly #logged: readonly LoggedWarning[];
	readonly warnings: PlacedWarning[] = [];
	readonly mismatches: ScopeMismatch[] = [];
	replayed = 0;
	equal = 0;
	given = 0;

	constructor(recording: ScopeRecording, kernel: KernelId, logged: readonly LoggedWarning[]) {
		this.#recording = recording;
		this.#zones = zonesOf(recording.files.zoneinfoBefore);
		this.#machine = new ScopeMachine(kernel, this.#zones);
		this.#logged = logged;
	}

	/** Zones as free as when the script of these samples began; the smaller ones keep what they had at first. */
	#zonesAt(label: string, largest: number): ZoneNumbers[] {
		const script = this.#recording.vmstatBetween.find((v) => v.script.endsWith(`-${label}`));
		const others = this.#zones.slice(0, -1).reduce((sum, zone) => sum + zone.free, 0);
		return this.#zones.map((zone, i) => {
			const isLast = i === this.#zones.length - 1;
			const free = isLast && script !== undefined ? Math.max(0, script.nr_free_pages - others) : zone.free;
			return { ...zone, free, largest };
		});
	}

	allocPages(samples: ScopeSamples, i: number): void {
		const recorded = samples.ok[i] === 1;
		const given = needsBlock(samples);
		const largest = given && !recorded ? samples.arg - 1 : MAX_PAGE_ORDER;
		const request = { gfp: samples.gfp, order: samples.arg, taskFlags: Number(samples.taskFlags) };
		const outcome = this.#machine.allocPages(request, this.#zonesAt(samples.label, largest));
		this.replayed++;
		if (given) this.given++;
		for (const warning of outcome.warnings) {
			const where = WARNING_PLACES[warning];
			if (where !== undefined) this.warnings.push({ where, label: samples.label });
		}
		if (outcome.report !== undefined) this.#expectMessage(samples, formatAllocFailure(outcome.report)[0] ?? "");
		if (outcome.ok === recorded) this.equal++;
		else this.#differ(samples, recorded ? "memory" : "NULL", outcome.ok ? "memory" : "NULL");
	}

	/** Lets the time of one sample pass, and the message be printed that another allocator printed in it. */
	passTime(samples: ScopeSamples, i: number): void {
		this.#machine.pass(samples.ns[i] ?? 0);
		if (HANDLERS[samples.op] !== undefined) return;
		const message = this.#logged.find(({ head }) => head?.includes(`size ${samples.arg},`) === true);
		if (message?.head === undefined || samples.ok[i] === 1) return;
		const text = /^\S+: (.*), mode:/.exec(message.head)?.[1] ?? "";
		this.#machine.warnAlloc(samples.gfp, text);
	}

	#expectMessage(samples: ScopeSamples, head: string): void {
		if (!this.#logged.some((logged) => logged.head === head)) this.#differ(samples, "no message", head);
	}

	#differ({ label, op, arg, gfp }: ScopeSamples, kernel: string, model: string): void {
		this.mismatches.push({ label, sample: `${op} ${arg} 0x${gfp.toString(16)}`, kernel, model });
	}
}

/**
 * Whether outcomes can be compared at all: each class of request was made in one go, so that what was free before its script
 * is known. The others ran under pressure that changed while they ran.
 */
export const isReplayable = ({ samples, vmstatBetween }: ScopeRecording): boolean =>
	samples.some(({ op }) => HANDLERS[op] !== undefined) &&
	new Set(vmstatBetween.map(({ script }) => script.replace(/^\d+-/, ""))).size === vmstatBetween.length;

/** Runs the samples of a recording in recorded order on one machine. */
export function replayScope(recording: ScopeRecording, kernel: KernelId): ScopeReplay {
	const logged = loggedWarnings(recording.files.dmesg);
	const run = new ScopeRun(recording, kernel, logged);
	const notModelled: Record<string, number> = {};
	for (const samples of recording.samples) {
		for (let i = 0; i < samples.ok.length; i++) {
			const handle = HANDLERS[samples.op];
			if (handle === undefined) notModelled[samples.op] = (notModelled[samples.op] ?? 0) + 1;
			else handle(run, samples, i);
			run.passTime(samples, i);
		}
	}
	const expected = recordedWarnings(recording, logged);
	const same = (w: PlacedWarning, i: number): boolean =>
		run.warnings[i]?.where === w.where && run.warnings[i]?.label === w.label;
	const missing = expected.filter((w, i) => !same(w, i));
	const surplus = run.warnings.slice(expected.length);
	return {
		name: recording.name,
		kernel,
		samples: recording.samples.reduce((n, s) => n + s.ok.length, 0),
		replayed: run.replayed,
		equal: run.equal,
		given: run.given,
		notModelled,
		warnings: { recorded: expected.length, equal: expected.filter(same).length },
		mismatches: [
			...run.mismatches,
			...missing.map((w) => ({ label: w.label, sample: "warning", kernel: w.where, model: "none there" })),
			...surplus.map((w) => ({ label: w.label, sample: "warning", kernel: "none", model: w.where })),
		],
	};
}
