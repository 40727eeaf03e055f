import { getOrder, type KernelId, PAGE_ALLOC_COSTLY_ORDER, MAX_PAGE_ORDER, PAGE_SIZE } from "@pagelab/base";
import type { ALLOC_WARNING } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { KMALLOC_MAX_CACHE_SIZE } from "@pagelab/slab";
import { formatAllocFailure, type ZoneNumbers } from "@pagelab/slow-path";
import { type ScopeBytes, ScopeMachine, type ScopeOutcome, zonesOf } from "./scope-machine.ts";
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
	/** Among them those whose outcome depends on whether the free block, or the free pages, were there: taken from the recording. */
	readonly given: number;
	/** By operation: samples that no package models yet. */
	readonly notModelled: Readonly<Record<string, number>>;
	/** Warnings of the log that belong to modelled operations, and how many the model gives at the same place in the same order. */
	readonly warnings: { readonly recorded: number; readonly equal: number };
	/** The same for messages of warn_alloc(), by their head line. */
	readonly messages: { readonly recorded: number; readonly equal: number };
	readonly mismatches: readonly ScopeMismatch[];
}

/** Functions of the log by the model's warning. */
const WARNING_PLACES: Partial<Readonly<Record<keyof typeof ALLOC_WARNING, string>>> = {
	ORDER_TOO_LARGE: "__alloc_pages",
	NOFAIL_ORDER: "__alloc_pages_slowpath",
	NOFAIL_NOT_BLOCKABLE: "__alloc_pages_slowpath",
	NOFAIL_PF_MEMALLOC: "__alloc_pages_slowpath",
	KVMALLOC_TOO_LARGE: "__kvmalloc_node",
	VMALLOC_SIZE_ZERO: "__vmalloc_node_range",
};
const PLACES: readonly (string | undefined)[] = Object.values(WARNING_PLACES);

/** A warning or message of the log; it does not always tell the class of request that caused it. */
interface LoggedPlace {
	readonly where: string;
	readonly label: string | undefined;
}

/** A warning or message of the model with the class of request that caused it. */
interface PlacedWarning extends LoggedPlace {
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

/** How one operation is done on the model; absent for those that are timed under a mutex. */
type OpHandler = (machine: ScopeMachine, samples: ScopeSamples, zones: readonly ZoneNumbers[]) => ScopeOutcome;

const bytesOf = ({ arg, gfp, taskFlags }: ScopeSamples): ScopeBytes => ({
	size: arg,
	gfp,
	taskFlags: Number(taskFlags),
});

/** By operation letter. */
const HANDLERS: Readonly<Record<string, OpHandler | undefined>> = {
	A: (machine, { gfp, arg, taskFlags }, zones) =>
		machine.allocPages({ gfp, order: arg, taskFlags: Number(taskFlags) }, zones),
	M: (machine, samples, zones) => machine.kmalloc(bytesOf(samples), zones),
	K: (machine, samples, zones) => machine.kvmalloc(bytesOf(samples), zones),
	V: (machine, samples, zones) => machine.vmalloc(bytesOf(samples), zones),
};

/** Order of the block that a request needs at once; 0 for vmalloc, which needs single pages. */
function blockOrder({ op, arg }: ScopeSamples): number {
	if (op === "A") return arg;
	return op === "V" || arg <= KMALLOC_MAX_CACHE_SIZE ? 0 : getOrder(arg);
}

/** Does whether it succeeds depend on a free block that the recording does not show? */
const needsBlock = (samples: ScopeSamples): boolean =>
	blockOrder(samples) > PAGE_ALLOC_COSTLY_ORDER && blockOrder(samples) <= MAX_PAGE_ORDER;

/** A share of the free pages of which other tasks may have taken enough between the count of them and the request. */
const LARGE_SHARE = 4;

/** Does it take so many pages at once, of those free at that moment, that the count from before its script cannot tell? */
function needsMuchFree({ op, arg, gfp }: ScopeSamples, zones: readonly ZoneNumbers[]): boolean {
	const pages = Math.ceil(arg / PAGE_SIZE);
	const free = zones.reduce((sum, zone) => sum + zone.free, 0);
	return op === "V" && (gfp & GFP.DIRECT_RECLAIM) === 0 && pages > free / LARGE_SHARE && pages <= free;
}

/** The same zones with a page less above the min mark, in all together, than so many bytes take. */
const tooFull = (zones: readonly ZoneNumbers[], bytes: number): ZoneNumbers[] =>
	zones.map((zone, i) => {
		const above = i === zones.length - 1 ? Math.ceil(bytes / PAGE_SIZE) - 1 : 0;
		return { ...zone, free: zone.min + (zone.boost ?? 0) + (zone.reserve ?? 0) + above };
	});

/** The samples of one recording, in recorded order, on one machine. */
class ScopeRun {
	readonly #recording: ScopeRecording;
	readonly #machine: ScopeMachine;
	readonly #zones: readonly ZoneNumbers[];
	readonly warnings: PlacedWarning[] = [];
	/** Messages of warn_alloc(), by their head line. */
	readonly messages: PlacedWarning[] = [];
	readonly mismatches: ScopeMismatch[] = [];
	replayed = 0;
	equal = 0;
	given = 0;

	constructor(recording: ScopeRecording, kernel: KernelId) {
		this.#recording = recording;
		this.#zones = zonesOf(recording.files.zoneinfoBefore);
		this.#machine = new ScopeMachine(kernel, this.#zones);
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

	/** Does one sample, lets its time pass, and compares. */
	perform(samples: ScopeSamples, i: number, handle: OpHandler): void {
		const recorded = samples.ok[i] === 1;
		const largest = needsBlock(samples) && !recorded ? blockOrder(samples) - 1 : MAX_PAGE_ORDER;
		const known = this.#zonesAt(samples.label, largest);
		const isMuch = needsMuchFree(samples, known);
		const given = isMuch || needsBlock(samples);
		const zones = isMuch && !recorded ? tooFull(known, samples.arg) : known;
		const outcome = handle(this.#machine, samples, zones);
		this.#machine.pass(samples.ns[i] ?? 0);
		this.replayed++;
		if (given) this.given++;
		for (const warning of outcome.warnings) {
			const where = WARNING_PLACES[warning];
			if (where !== undefined) this.warnings.push({ where, label: samples.label });
		}
		if (outcome.report !== undefined) {
			this.messages.push({ where: formatAllocFailure(outcome.report)[0] ?? "", label: samples.label });
		}
		if (outcome.ok === recorded) this.equal++;
		else this.#differ(samples, recorded ? "memory" : "NULL", outcome.ok ? "memory" : "NULL");
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
	const run = new ScopeRun(recording, kernel);
	const notModelled: Record<string, number> = {};
	for (const samples of recording.samples) {
		for (let i = 0; i < samples.ok.length; i++) {
			const handle = HANDLERS[samples.op];
			if (handle === undefined) notModelled[samples.op] = (notModelled[samples.op] ?? 0) + 1;
			else run.perform(samples, i, handle);
		}
	}
	const warnings = agreement("warning", recordedWarnings(recording, logged), run.warnings);
	const heads = logged.flatMap(({ head }) => (head === undefined ? [] : [{ where: head, label: undefined }]));
	const messages = agreement("message", heads, run.messages);
	return {
		name: recording.name,
		kernel,
		samples: recording.samples.reduce((n, s) => n + s.ok.length, 0),
		replayed: run.replayed,
		equal: run.equal,
		given: run.given,
		notModelled,
		warnings: warnings.counts,
		messages: messages.counts,
		mismatches: [...run.mismatches, ...warnings.mismatches, ...messages.mismatches],
	};
}

/** Compares what the log has with what the model gave, in order; a label is compared where the log tells it. */
function agreement(
	sample: string,
	recorded: readonly LoggedPlace[],
	model: readonly PlacedWarning[],
): { readonly counts: ScopeReplay["warnings"]; readonly mismatches: ScopeMismatch[] } {
	const isSame = ({ where, label }: LoggedPlace, i: number): boolean =>
		model[i]?.where === where && (label === undefined || model[i].label === label);
	const missing = recorded.filter((w, i) => !isSame(w, i));
	const surplus = model.slice(recorded.length);
	return {
		counts: { recorded: recorded.length, equal: recorded.length - missing.length },
		mismatches: [
			...missing.map((w) => ({ label: w.label ?? "log", sample, kernel: w.where, model: "none there" })),
			...surplus.map((w) => ({ label: w.label, sample, kernel: "none", model: w.where })),
		],
	};
}
