import { DEFAULT_KERNEL, type KernelId } from "@pagelab/base";
import {
	ALLOC_WARNING,
	type AllocContext,
	type AllocRequest,
	type EventSink,
	MM_EVENT,
	type MmEvent,
} from "@pagelab/contracts";
import { createTask, memallocProfile, type Task } from "@pagelab/memalloc";
import { type MachineState, type PageModel, restoreTrusted } from "@pagelab/page-model";
import type { ProcessRequest, Steps } from "@pagelab/sim";
import type { AllocEnv } from "./alloc-env.ts";
import { WarnOnce } from "./alloc-env.ts";
import { allocPages } from "./alloc-pages.ts";
import { AssumedKernel, type Assumptions, DEFAULT_ASSUMPTIONS } from "./assumed-kernel.ts";
import { AttemptTrace } from "./attempt-trace.ts";
import { slowPathProfile } from "./profile.ts";
import { stateFromNumbers, type ZoneNumbers } from "./zone-numbers.ts";

/** Warnings by name, in the order of their numbers. */
const WARNING_NAMES = Object.keys(ALLOC_WARNING) as (keyof typeof ALLOC_WARNING)[];
const EVENT_NAMES = Object.keys(MM_EVENT) as (keyof typeof MM_EVENT)[];

export class RecordedEvents implements EventSink {
	readonly events: { readonly name: keyof typeof MM_EVENT; readonly a: number }[] = [];
	stepsTotal = 0;

	emit(event: MmEvent, a: number): void {
		this.events.push({ name: EVENT_NAMES[event] as keyof typeof MM_EVENT, a });
	}

	steps(n: number): void {
		this.stepsTotal += n;
	}

	get warnings(): (keyof typeof ALLOC_WARNING)[] {
		return this.events.filter((e) => e.name === "WARN").map((e) => WARNING_NAMES[e.a] as keyof typeof ALLOC_WARNING);
	}

	count(name: keyof typeof MM_EVENT): number {
		return this.events.filter((e) => e.name === name).length;
	}
}

export interface TestKernelOptions {
	readonly zones?: readonly ZoneNumbers[];
	readonly state?: MachineState;
	readonly kernel?: KernelId;
	readonly assumptions?: Partial<Assumptions>;
	readonly flags?: number;
	readonly context?: Partial<AllocContext>;
	readonly oomVictim?: boolean;
	readonly env?: Partial<AllocEnv>;
}

export interface TestRun {
	/** `page`, `NULL`, or `loops` where the request still goes on after all its waits. */
	readonly end: "page" | "NULL" | "loops";
	readonly pfn: number;
	readonly waits: readonly ProcessRequest[];
	/** Rung and outcome of each entry, such as `S4 no page`. */
	readonly rungs: readonly string[];
	readonly trace: AttemptTrace;
}

/** The usual zone of the vectors: min 1000, low 1250, high 1500. */
export const zoneWithFree = (free: number, more: Partial<ZoneNumbers> = {}): ZoneNumbers => ({
	free,
	min: 1000,
	low: 1250,
	high: 1500,
	...more,
});

/** Runs a program without a scheduler; gives up after so many waits. */
export function drive<T>(steps: Steps<T>, maxWaits: number): { value: T | undefined; waits: ProcessRequest[] } {
	const waits: ProcessRequest[] = [];
	for (;;) {
		const result = steps.next(0);
		if (result.done === true) return { value: result.value, waits };
		waits.push(result.value);
		if (waits.length >= maxWaits) return { value: undefined, waits };
	}
}

/** A machine of numbers with an assumed rest of the kernel, on which requests are made one by one. */
export class TestKernel {
	readonly kernel: KernelId;
	readonly state: MachineState;
	readonly model: PageModel;
	readonly events: RecordedEvents = new RecordedEvents();
	readonly task: Task;
	readonly context: AllocContext;
	readonly assumed: AssumedKernel;
	readonly env: AllocEnv;

	constructor(options: TestKernelOptions) {
		const { kernel = DEFAULT_KERNEL, zones = [zoneWithFree(1000)], assumptions = {} } = options;
		this.kernel = kernel;
		this.state = options.state ?? stateFromNumbers(zones);
		this.model = restoreTrusted(this.state, kernel);
		const emptyLruCountsFree = kernel === "v6.12.117";
		const all: Assumptions = { ...DEFAULT_ASSUMPTIONS, emptyLruCountsFree, ...assumptions };
		this.assumed = new AssumedKernel(this.model, this.state, all);
		this.task = createTask("test", 7, options.flags ?? 0);
		this.task.oomVictim = options.oomVictim ?? false;
		this.context = { task: this.task, preemptCount: 0, rtTask: false, ...options.context };
		const { compactor } = this.assumed;
		this.env = {
			model: this.model,
			profile: slowPathProfile(kernel),
			contextRule: memallocProfile(kernel).contextRule.value,
			reclaimer: this.assumed,
			...(compactor === undefined ? {} : { compactor }),
			oomKiller: this.assumed,
			events: this.events,
			warned: new WarnOnce(),
			...options.env,
		};
	}

	alloc(gfp: number, order = 0, more: Partial<AllocRequest> = {}, maxWaits = 2000): TestRun {
		const trace = new AttemptTrace();
		const steps = allocPages({ ...this.env, trace }, { gfp, order, ...more }, this.context);
		const { value, waits } = drive(steps, maxWaits);
		const rungs = trace.entries.map((e) => `${e.rung} ${e.outcome}`);
		const end = value === undefined ? "loops" : value < 0 ? "NULL" : "page";
		return { end, pfn: value ?? -1, waits, rungs, trace };
	}
}
