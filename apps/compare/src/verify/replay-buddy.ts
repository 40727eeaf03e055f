import type { KernelId } from "@pagelab/base";
import type { AllocContext, EventSink } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { createTask, kernelScopes, PF } from "@pagelab/memalloc";
import {
	decayPcpHigh,
	drainLocalPages,
	freePages,
	freePagesExact,
	type MachineState,
	type PageModel,
	releasePages,
	restore,
	snapshot,
	validate,
} from "@pagelab/page-model";
import {
	type AllocEnv,
	allocPages,
	allocPagesBulk,
	allocPagesExact,
	completeWithoutWaiting,
	slowPathProfile,
	WarnOnce,
} from "@pagelab/slow-path";
import type { AllocOp, BuddyOp, BuddyRecording, BulkOp, ExactOp, ReleaseOp, SlotResult } from "@pagelab/trace";
import { NO_OOM_KILLER, NO_RECLAIMER } from "./absent-mechanisms.ts";
import { firstDifference } from "./first-difference.ts";
import { lightStatus } from "./light-status.ts";

/** The first thing that the model did otherwise than the kernel. */
export interface Mismatch {
	/** The operation, or undefined for the final state. */
	readonly op: BuddyOp | undefined;
	/** What was compared, as in `pfn of slot 4` or `nodes[0].zones[1].pcp[0].high`. */
	readonly what: string;
	readonly kernel: unknown;
	readonly model: unknown;
	/** The model's state when the difference showed. */
	readonly state: MachineState;
}

/** What replaying one recording showed. */
export interface BuddyReplay {
	readonly name: string;
	readonly kernel: KernelId;
	/** Allocations that returned a page in the recording, and how many of them the model answered with the same pfn. */
	readonly pfns: { readonly equal: number; readonly recorded: number };
	/** The same for allocations that failed. */
	readonly failures: { readonly equal: number; readonly recorded: number };
	readonly lights: { readonly equal: number; readonly recorded: number };
	/** Full dumps, the final state included. */
	readonly dumps: { readonly equal: number; readonly recorded: number };
	/** Undefined if everything was equal to the end. */
	readonly mismatch: Mismatch | undefined;
}

interface Slot {
	readonly pfn: number;
	/** Order of the block, or -1 for pages of alloc_pages_exact. */
	readonly order: number;
	/** Pages of alloc_pages_exact. */
	readonly pages: number;
	readonly compound: boolean;
}

/** release_pages() of the probe takes so many slots in one call. */
const RELEASE_MAX = 256;

const QUIET: EventSink = { emit: () => {}, steps: () => {} };

/** The classes of frames in use are not compared: a dump tells slab from page table pages, the allocator does not. */
const NOT_COMPARED = new Set(["pages"]);

class BuddyReplayer {
	readonly #recording: BuddyRecording;
	readonly #kernel: KernelId;
	readonly #model: PageModel;
	readonly #env: AllocEnv;
	readonly #context: AllocContext;
	readonly #slots = new Map<number, Slot>();
	#pfns = 0;
	#failures = 0;
	#lights = 0;
	#dumps = 0;
	#mismatch: Mismatch | undefined;

	constructor(recording: BuddyRecording, kernel: KernelId) {
		this.#recording = recording;
		this.#kernel = kernel;
		this.#model = restore(recording.initial, kernel);
		this.#env = {
			model: this.#model,
			profile: slowPathProfile(kernel),
			contextRule: kernelScopes,
			reclaimer: NO_RECLAIMER,
			oomKiller: NO_OOM_KILLER,
			events: QUIET,
			warned: new WarnOnce(),
		};
		this.#context = { task: createTask("mmprobe", 1), preemptCount: 0, rtTask: false };
	}

	run(): BuddyReplay {
		const { ops, final, name } = this.#recording;
		for (const op of ops) {
			this.#perform(op);
			this.#compareLight(op);
			if (this.#mismatch !== undefined) break;
		}
		if (this.#mismatch === undefined) this.#compareState(final, undefined);
		const [problem] = this.#mismatch === undefined ? validate(this.#model) : [];
		if (problem !== undefined) this.#differ(undefined, "counters of the model", "consistent", problem);
		const results = ops.flatMap((op): readonly SlotResult[] => (op.op === "e" ? [op.res] : "res" in op ? op.res : []));
		return {
			name,
			kernel: this.#kernel,
			pfns: { equal: this.#pfns, recorded: results.filter((r) => typeof r === "number").length },
			failures: { equal: this.#failures, recorded: results.filter((r) => r === null).length },
			lights: { equal: this.#lights, recorded: ops.filter((op) => op.light !== undefined).length },
			dumps: { equal: this.#dumps, recorded: ops.filter((op) => op.op === "F").length + 1 },
			mismatch: this.#mismatch,
		};
	}

	#differ(op: BuddyOp | undefined, what: string, kernel: unknown, model: unknown): void {
		this.#mismatch ??= { op, what, kernel, model, state: snapshot(this.#model) };
	}

	#perform(op: BuddyOp): void {
		switch (op.op) {
			case "a":
			case "x":
				return this.#alloc(op);
			case "b":
				return this.#bulk(op);
			case "e":
				return this.#exact(op);
			case "f":
				for (let slot = op.slot; slot < op.slot + op.n; slot++) this.#free(slot);
				return;
			case "r":
				return this.#release(op);
			case "p": {
				const flags = this.#context.task.flags;
				this.#context.task.flags = (op.on ? flags | PF.MEMALLOC : flags & ~PF.MEMALLOC) as typeof flags;
				return;
			}
			case "d":
				return drainLocalPages(this.#model);
			case "y": {
				const ret = this.#model.zones.map((zone) => (decayPcpHigh(this.#model, zone) ? 1 : 0));
				const found = firstDifference(op.ret, ret);
				if (found !== undefined) this.#differ(op, `decay_pcp_high${found.path}`, found.expected, found.actual);
				return;
			}
			case "F":
				return this.#compareState(op.dump, op);
			case "L":
			case "s":
				return;
		}
	}

	/** Notes one result; false once it differs. */
	#check(op: BuddyOp, slot: number, kernel: SlotResult | undefined, pfn: number): boolean {
		const model = pfn < 0 ? null : pfn;
		if (kernel !== model) {
			this.#differ(op, `pfn of slot ${slot}`, kernel, model);
			return false;
		}
		if (model === null) this.#failures++;
		else this.#pfns++;
		return true;
	}

	#alloc(op: AllocOp): void {
		const request = { gfp: op.gfp, order: op.order, ...(op.nid < 0 ? {} : { nid: op.nid }) };
		for (let k = 0; k < op.n; k++) {
			const slot = op.slot + k;
			const kernel = op.res[k];
			if (this.#slots.has(slot)) {
				if (kernel !== "busy") return this.#differ(op, `slot ${slot}`, kernel, "busy");
				continue;
			}
			const pfn = completeWithoutWaiting(allocPages(this.#env, request, this.#context));
			if (!this.#check(op, slot, kernel, pfn)) return;
			if (pfn >= 0) this.#use(slot, pfn, op.order, 0, op.gfp);
			else if (op.op === "x") return;
		}
	}

	#use(slot: number, pfn: number, order: number, pages: number, gfp: number): void {
		this.#slots.set(slot, { pfn, order, pages, compound: order > 0 && (gfp & GFP.COMP) !== 0 });
	}

	#bulk(op: BulkOp): void {
		const request = { gfp: op.gfp, ...(op.nid < 0 ? {} : { nid: op.nid }) };
		const pfns = completeWithoutWaiting(allocPagesBulk(this.#env, request, op.n, this.#context));
		if (pfns.length !== op.res.length) return this.#differ(op, "pages in bulk", op.res.length, pfns.length);
		for (const [k, pfn] of pfns.entries()) {
			const slot = op.slot + k;
			if (this.#slots.has(slot)) {
				// The probe gives a page back at once when its slot is in use.
				if (op.res[k] !== "busy") return this.#differ(op, `slot ${slot}`, op.res[k], "busy");
				freePages(this.#model, pfn, 0);
				continue;
			}
			if (!this.#check(op, slot, op.res[k], pfn)) return;
			this.#use(slot, pfn, 0, 0, op.gfp);
		}
	}

	#exact(op: ExactOp): void {
		const pages = Math.ceil(op.bytes / 4096);
		const pfn = completeWithoutWaiting(allocPagesExact(this.#env, { gfp: op.gfp }, pages, this.#context));
		if (this.#check(op, op.slot, op.res, pfn) && pfn >= 0) this.#use(op.slot, pfn, -1, pages, 0);
	}

	#free(slot: number): void {
		const used = this.#slots.get(slot);
		if (used === undefined) return;
		this.#slots.delete(slot);
		if (used.order < 0) freePagesExact(this.#model, used.pfn, used.pages);
		else freePages(this.#model, used.pfn, used.order);
	}

	#release(op: ReleaseOp): void {
		const blocks: [number, number][] = [];
		for (let slot = op.slot; slot < op.slot + Math.min(op.n, RELEASE_MAX); slot++) {
			const used = this.#slots.get(slot);
			if (used === undefined) continue;
			if (used.order === 0 || used.compound) {
				this.#slots.delete(slot);
				blocks.push([used.pfn, used.order]);
			} else {
				this.#free(slot);
			}
		}
		if (blocks.length !== op.released) this.#differ(op, "pages released", op.released, blocks.length);
		releasePages(this.#model, blocks);
	}

	#compareLight(op: BuddyOp): void {
		if (op.light === undefined || this.#mismatch !== undefined) return;
		const found = firstDifference(op.light, lightStatus(this.#model));
		if (found === undefined) this.#lights++;
		else this.#differ(op, `light${found.path}`, found.expected, found.actual);
	}

	#compareState(dump: MachineState, op: BuddyOp | undefined): void {
		const found = firstDifference(dump.nodes, snapshot(this.#model).nodes, NOT_COMPARED, "nodes");
		if (found === undefined) this.#dumps++;
		else this.#differ(op, found.path, found.expected, found.actual);
	}
}

/**
 * Loads the initial state of a recording, performs its operations and compares everything that was recorded: every pfn,
 * light status and dump, and the final state. Ends at the first difference.
 *
 * @throws InputError if the initial state cannot be loaded.
 */
export const replayBuddy = (recording: BuddyRecording, kernel: KernelId): BuddyReplay =>
	new BuddyReplayer(recording, kernel).run();
