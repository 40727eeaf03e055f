import type { Frame, RegisterLine, TraceLine } from "../records/trace-lines.ts";

/** A stack trace, innermost function first. */
export interface StackTrace {
	readonly frames: readonly StackFrame[];
	/** Line of its head or, where there is none, of its first frame. */
	readonly line: number;
}

export type StackFrame = Omit<Frame, "type">;

const FRAMES_MAX = 500;
/** What a trace is about; the first that fits counts. */
export type TraceTopic = "oom" | "vmalloc" | "page allocation";
/** Beginnings of function names by topic. */
const TOPICS: readonly { topic: TraceTopic; names: RegExp }[] = [
	{ topic: "oom", names: /^(?:dump_header|oom_kill_process|out_of_memory|mem_cgroup_out_of_memory)\b/ },
	{ topic: "vmalloc", names: /^(?:__vmalloc|vmalloc|__get_vm_area)/ },
	{ topic: "page allocation", names: /^(?:warn_alloc|__alloc_pages|__alloc_frozen_pages)/ },
];

/** What a trace is about, by its certain frames; null for none of these. A report whose head is missing is known by it. */
export function traceTopic(trace: StackTrace): TraceTopic | null {
	const certain = trace.frames.filter((frame) => frame.reliable);
	const warns = certain.some((frame) => frame.function.startsWith("warn_alloc"));
	for (const { topic, names } of TOPICS) {
		if (topic !== "oom" && !warns) return null;
		if (certain.some((frame) => names.test(frame.function))) return topic;
	}
	return null;
}

/** Collects the lines of one trace. */
export class TraceBuilder {
	readonly #frames: StackFrame[] = [];
	readonly #registers: Record<string, string> = {};
	#line: number | null = null;
	#ended = false;

	get hasFrames(): boolean {
		return this.#frames.length > 0;
	}

	/** The line that ends a trace has been read. */
	get ended(): boolean {
		return this.#ended;
	}

	accept(record: TraceLine, line: number): void {
		if (record.type === "registers") this.#addRegisters(record);
		else this.#line ??= line;
		if (record.type === "trace-mark" && record.end) this.#ended = true;
		if (record.type !== "frame" || this.#frames.length >= FRAMES_MAX) return;
		const { type: _, ...frame } = record;
		this.#frames.push(frame);
	}

	/** Registers at the moment of the report; those after the trace are the user's. */
	#addRegisters(record: RegisterLine): void {
		if (!this.hasFrames) Object.assign(this.#registers, record.values);
	}

	finish(): StackTrace | null {
		return this.#frames.length === 0 || this.#line === null ? null : { frames: this.#frames, line: this.#line };
	}

	/** Registers printed before the first frame, hex by name. */
	registers(): Readonly<Record<string, string>> {
		return this.#registers;
	}
}
