import type { LogLine } from "../input/log-line.ts";
import type { KernelRelease } from "../records/kernel-release.ts";
import type { Draft } from "./draft.ts";
import type { OpenDrafts } from "./open-drafts.ts";

/** Callers that are remembered; more are a hostile file. */
const CALLERS_MAX = 256;

/** What decides which report a line belongs to. */
export class Routing {
	readonly drafts: OpenDrafts;
	/** Latest kernel version that any line of the log named. */
	kernel: KernelRelease | null = null;
	/** Lines before a report that say something about it. */
	suppressed: number | null = null;
	sysrq = false;
	/** By caller: whose task line and trace come next; null for somebody else's report. */
	readonly #traceOwners: Map<string, Draft | null> = new Map();
	/** By caller: whose Mem-Info comes next. */
	readonly #memInfoOwners: Map<string, Draft> = new Map();

	constructor(drafts: OpenDrafts) {
		this.drafts = drafts;
	}

	/** Undefined when nobody's trace is expected, null when somebody else's is. */
	traceOwner(line: LogLine): Draft | null | undefined {
		const owner = this.#traceOwners.get(line.caller ?? "");
		return owner === undefined || owner === null || this.drafts.isOpen(owner) ? owner : undefined;
	}

	setTraceOwner(line: LogLine, owner: Draft | null): void {
		bounded(this.#traceOwners).set(line.caller ?? "", owner);
	}

	memInfoOwner(line: LogLine): Draft | undefined {
		const owner = this.#memInfoOwners.get(line.caller ?? "");
		return owner !== undefined && this.drafts.isOpen(owner) ? owner : undefined;
	}

	setMemInfoOwner(line: LogLine, owner: Draft): void {
		bounded(this.#memInfoOwners).set(line.caller ?? "", owner);
	}

	/** Gives a new report what was said before it. */
	takePrelude(draft: Draft): void {
		draft.suppressed = this.suppressed;
		draft.oom.sysrq = this.sysrq;
		this.suppressed = null;
		this.sysrq = false;
	}
}

function bounded<V>(map: Map<string, V>): Map<string, V> {
	if (map.size > CALLERS_MAX) map.clear();
	return map;
}
