import { DEFAULT_KERNEL, invariant, type KernelId } from "@pagelab/base";
import {
	ALLOC_WARNING,
	type AllocContext,
	type AllocFailure,
	type EventSink,
	type FailureLog,
	MM_EVENT,
	type MmEvent,
	type ObjectAllocator,
	type PageAllocator,
	type VmallocRules,
} from "@pagelab/contracts";
import { GFP, MIGRATE } from "@pagelab/gfp";
import { createTask, memallocProfile, type Task } from "@pagelab/memalloc";
import { type PageModel, restore, validate } from "@pagelab/page-model";
import type { ProcessRequest, Steps } from "@pagelab/sim";
import {
	type AllocEnv,
	AssumedKernel,
	type Assumptions,
	DEFAULT_ASSUMPTIONS,
	pageAllocatorOf,
	slowPathProfile,
	stateFromNumbers,
	WarnOnce,
	type ZoneNumbers,
} from "@pagelab/slow-path";
import { AssumedObjects } from "./assumed-objects.ts";
import { VmallocTrace } from "./inner-allocation.ts";
import { vmallocProfile } from "./profile.ts";
import { rulesA } from "./rules/rules-a.ts";
import { Vmalloc } from "./vmalloc.ts";
import { isVmallocAddr } from "./vmalloc-address.ts";
import type { VmallocEnv } from "./vmalloc-env.ts";
import type { VmallocResult } from "./vmalloc-result.ts";

const WARNING_NAMES = Object.keys(ALLOC_WARNING) as (keyof typeof ALLOC_WARNING)[];

/** Counts events, and keeps warnings by name. */
export class CountedEvents implements EventSink {
	readonly warnings: (keyof typeof ALLOC_WARNING)[] = [];
	readonly counts: Map<MmEvent, number> = new Map();

	emit(event: MmEvent, a: number): void {
		this.counts.set(event, (this.counts.get(event) ?? 0) + 1);
		if (event === MM_EVENT.WARN) this.warnings.push(WARNING_NAMES[a] as keyof typeof ALLOC_WARNING);
	}

	steps(): void {
		// Work is not counted here.
	}
}

/** Keeps every message that is not silenced; without the limit of one in 10 s. */
export class KeptMessages implements FailureLog {
	readonly messages: string[] = [];

	warnAlloc({ gfp, message }: AllocFailure): boolean {
		if ((gfp & GFP.NOWARN) !== 0) return false;
		this.messages.push(`${message}, mode:0x${gfp.toString(16)}`);
		return true;
	}
}

export interface VmallocMachineOptions {
	readonly rules?: VmallocRules;
	readonly kernel?: KernelId;
	/** Free pages of the one zone: single pages unless `zone` says more. */
	readonly free: number;
	readonly zone?: Partial<ZoneNumbers>;
	readonly assumptions?: Partial<Assumptions>;
	readonly flags?: number;
	readonly context?: Partial<AllocContext>;
	readonly env?: Partial<VmallocEnv>;
	readonly allocEnv?: Partial<AllocEnv>;
	/** Stands between vmalloc and the page allocator, to make single allocations fail. */
	readonly pages?: (pages: PageAllocator) => PageAllocator;
	readonly objects?: (objects: ObjectAllocator, pages: PageAllocator) => ObjectAllocator;
}

/** What a call did. */
export interface VmallocRun {
	/** Undefined: it still goes on after all its waits. */
	readonly result: VmallocResult | undefined;
	readonly waits: readonly ProcessRequest[];
	readonly trace: VmallocTrace;
}

/** Waits after which a call is taken for one that never ends. */
const MAX_WAITS = 5000;

/**
 * The machine of vmalloc-2025.md §10: one zone, min 1000, low 1250, high 1500, nothing to reclaim, one PMD page present. Its free
 * pages lie in UNMOVABLE pageblocks, which is what vmalloc asks for: stealing from others would boost the watermarks, which the
 * vectors take to be unboosted.
 */
export class VmallocMachine {
	readonly model: PageModel;
	readonly events: CountedEvents = new CountedEvents();
	readonly log: KeptMessages = new KeptMessages();
	readonly task: Task;
	readonly context: AllocContext;
	readonly assumed: AssumedKernel;
	readonly objects: AssumedObjects;
	readonly v: Vmalloc;
	readonly #free: number;

	constructor(options: VmallocMachineOptions) {
		const { rules = rulesA, kernel = DEFAULT_KERNEL, free, zone = {}, assumptions = {} } = options;
		const marks = { min: 1000, low: 1250, high: 1500 };
		const state = stateFromNumbers([{ free, ...marks, largest: 0, migratetype: MIGRATE.UNMOVABLE, ...zone }]);
		this.model = restore(state, kernel);
		const emptyLruCountsFree = kernel === "v6.12.117";
		this.assumed = new AssumedKernel(this.model, state, { ...DEFAULT_ASSUMPTIONS, emptyLruCountsFree, ...assumptions });
		this.task = createTask("test", 7, options.flags ?? 0);
		this.context = { task: this.task, preemptCount: 0, rtTask: false, ...options.context };
		const { compactor } = this.assumed;
		const contextRule = memallocProfile(kernel).contextRule.value;
		const shared = { contextRule, events: this.events, warned: new WarnOnce(), failureLog: this.log };
		const pages = pageAllocatorOf({
			model: this.model,
			profile: slowPathProfile(kernel),
			reclaimer: this.assumed,
			oomKiller: this.assumed,
			...(compactor === undefined ? {} : { compactor }),
			...shared,
			...options.allocEnv,
		});
		this.objects = new AssumedObjects(pages);
		this.#free = this.freePages;
		this.v = new Vmalloc({
			rules,
			profile: vmallocProfile(kernel),
			pages: options.pages?.(pages) ?? pages,
			objects: options.objects?.(this.objects, pages) ?? this.objects,
			totalPages: 2 ** 20,
			presentTables: { pmd: [0] },
			...shared,
			...options.env,
		});
	}

	/** NR_FREE_PAGES. */
	get freePages(): number {
		return this.model.zones.reduce((sum, zone) => sum + zone.freePages, 0);
	}

	/** Runs a program without a scheduler, until it has waited so often that it is taken for endless. */
	drive<T>(steps: Steps<T>, maxWaits: number = MAX_WAITS): { value: T | undefined; waits: ProcessRequest[] } {
		const waits: ProcessRequest[] = [];
		for (;;) {
			const next = steps.next(0);
			if (next.done === true) return { value: next.value, waits };
			waits.push(next.value);
			if (waits.length >= maxWaits) return { value: undefined, waits };
		}
	}

	/** Makes a call, with a trace. */
	run(call: (v: Vmalloc, context: AllocContext, trace: VmallocTrace) => Steps<VmallocResult>): VmallocRun {
		const trace = new VmallocTrace(this.v.env.contextRule);
		const { value, waits } = this.drive(call(this.v, this.context, trace));
		return { result: value, waits, trace };
	}

	/** Recounts everything: pages of vmalloc, of large objects and the free ones; objects of areas and address space. */
	validate(): void {
		validate(this.model);
		const { v } = this;
		v.validate();
		const { data, tables } = v.pages;
		const found = data + tables + this.objects.largePages + this.freePages;
		invariant(found === this.#free + this.givenBack, `of ${this.#free} pages ${found} are left`);
		const arrays = [...v.areas.values()].filter(({ array }) => array !== 0 && !isVmallocAddr(array)).length;
		const held = v.space.objects + v.areas.size + arrays + this.otherObjects;
		invariant(
			this.objects.smallObjects === held,
			`${this.objects.smallObjects} small objects, ${held} are accounted for`,
		);
	}

	/** Small objects that the test holds itself. */
	otherObjects = 0;
	/** Pages that the assumed OOM killer gave back; told by tests that let it. */
	givenBack = 0;
}
