import { type KernelId, PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { type AllocWarning, COMPACT_PRIO, COMPACT_RESULT } from "@pagelab/contracts";
import { ALLOC, formatGfp, GFP, gfpHex } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import type { AttemptEntry } from "../attempt-trace.ts";
import { MAX_RECLAIM_RETRIES } from "../retry-predicates.ts";
import type { Rung, RungOutcome } from "../rung.ts";
import { formatAllocFlags } from "./format-alloc-flags.ts";
import { warningText } from "./warning-text.ts";
import { decidingTests, zoneTestText } from "./zone-test-text.ts";

/** Whose attempt is described. */
export interface DescribedRequest {
	readonly kernel: KernelId;
	/** Scoped mask; the raw one where the request failed before scopes applied. */
	readonly gfp: number;
	readonly order: number;
	readonly taskFlags: number;
	/** Names of the machine's zones by id. */
	readonly zoneNames: readonly string[];
	/** The machine has several nodes, so zones are named with theirs. */
	readonly manyNodes: boolean;
}

/** One rung in words. */
export interface DescribedAttempt {
	/** One sentence without a full stop. Empty for a rung that was passed without anything to say. */
	readonly what: string;
	/** One line per zone that a pass tested. */
	readonly zones: readonly string[];
}

const nameIn = (table: Readonly<Record<string, number>>, value: number | undefined): string =>
	Object.keys(table).find((name) => table[name] === value) ?? String(value);

const ENDED: Readonly<Record<number, string>> = { 3: "BUG()", 4: "the caller is killed", 5: "the caller hangs" };

const passText = ({ outcome, allocFlags = 0 }: AttemptEntry): string => {
	const how =
		(allocFlags & ALLOC.NO_WATERMARKS) === 0
			? `at the ${["min", "low", "high"][allocFlags & 3]} mark`
			: "ignoring the marks";
	return `tries ${how} (${formatAllocFlags(allocFlags)}): ${outcome}`;
};

function reservesText({ allocFlags = 0 }: AttemptEntry, { gfp, taskFlags }: DescribedRequest): string {
	if ((allocFlags & ALLOC.OOM) !== 0) return "victim of the OOM killer: half of the min mark is open";
	const why =
		(gfp & GFP.MEMALLOC) !== 0 ? "__GFP_MEMALLOC" : (taskFlags & PF.MEMALLOC) === 0 ? "reserves" : "PF_MEMALLOC";
	return `${why}: all reserves are open`;
}

function notReclaimText({ gfp }: DescribedRequest): string {
	return (gfp & GFP.DIRECT_RECLAIM) === 0
		? "may not reclaim: the mask is without __GFP_DIRECT_RECLAIM"
		: "may not reclaim: the task has PF_MEMALLOC";
}

const costlyText = ({ gfp, order }: DescribedRequest): string =>
	(gfp & GFP.RETRY_MAYFAIL) === 0
		? `order ${order} is costly (> ${PAGE_ALLOC_COSTLY_ORDER}): not worth another round without __GFP_RETRY_MAYFAIL`
		: `order ${order} is costly (> ${PAGE_ALLOC_COSTLY_ORDER}) and may not be compacted without __GFP_IO`;

function retryText({ outcome, numbers = {} }: AttemptEntry, { zoneNames }: DescribedRequest): string {
	const { zone, reclaimable, available, mark, loops = 0, progress = 0 } = numbers;
	if (zone !== undefined) {
		const answer = outcome === "retry" ? "could be enough" : "could not be enough";
		return `${zoneNames[zone] ?? zone}: ${reclaimable} reclaimable + free = ${available} against min ${mark}: ${answer}`;
	}
	if (outcome === "retry") return `another round is worth it (${loops} without progress)`;
	if (loops > MAX_RECLAIM_RETRIES)
		return `${loops} rounds without progress, ${MAX_RECLAIM_RETRIES} are allowed: reclaim is given up`;
	return progress > 0 ? "reclaim alone will not do" : "no zone would be enough even after reclaim";
}

function oomText({ numbers = {}, outcome }: AttemptEntry, request: DescribedRequest): string {
	if (numbers["locked"] === 1) return "somebody else is in the OOM killer: sleeps for a jiffy and tries again";
	if (numbers["pointless"] === 1) return `nobody is killed for this request${pointlessReason(request)}`;
	if (numbers["progress"] !== undefined) {
		return numbers["progress"] > 0 ? "out_of_memory() promises progress" : "the OOM killer is disabled: no progress";
	}
	return outcome === "nopage" ? "gives up" : "climbs again";
}

function pointlessReason({ gfp, order, taskFlags }: DescribedRequest): string {
	if ((taskFlags & PF.DUMPCORE) !== 0) return ": it writes a core dump";
	if (order > PAGE_ALLOC_COSTLY_ORDER) return `: order ${order} is costly`;
	if ((gfp & GFP.RETRY_MAYFAIL) !== 0) return ": __GFP_RETRY_MAYFAIL";
	if ((gfp & GFP.THISNODE) !== 0) return ": __GFP_THISNODE";
	if ((gfp & (GFP.DMA | GFP.DMA32)) !== 0) return ": it needs a low zone";
	return ": storage is suspended";
}

function failText({ numbers = {} }: AttemptEntry, { gfp, order }: DescribedRequest): string {
	if (numbers["printed"] === 1) return `NULL, with the message "page allocation failure: order:${order}"`;
	return (gfp & GFP.NOWARN) === 0
		? "NULL; the message is held back by its rate limit"
		: "NULL, silently (__GFP_NOWARN)";
}

type Describe = (entry: AttemptEntry, request: DescribedRequest) => string;

/** Said only where the rung ends the climb. */
const atNopage =
	(what: Describe): Describe =>
	(entry, request) =>
		entry.outcome === "nopage" ? what(entry, request) : "";

const wokenText: Describe = ({ numbers = {} }) =>
	numbers["nodes"] === 1 ? "wakes kswapd" : `wakes kswapd of ${numbers["nodes"]} nodes`;

const compactText: Describe = ({ numbers = {} }) =>
	`direct compaction at ${nameIn(COMPACT_PRIO, numbers["priority"])}: ${nameIn(COMPACT_RESULT, numbers["result"])}`;

const maskText: Describe = ({ numbers = {} }, { kernel }) => {
	const gfp = numbers["gfp"] ?? 0;
	return gfp === numbers["raw"] ? "" : `scopes make the mask ${gfpHex(gfp)} (${formatGfp(gfp, { kernel })})`;
};

/** What a rung has to say; those that are not here have nothing. */
const BY_RUNG: Partial<Readonly<Record<Rung, Describe>>> = {
	E2: maskText,
	E8: () => "the memory cgroup is at its limit: the page goes back, NULL, silently",
	S1: atNopage(() => "no zone may serve this mask"),
	S2: atNopage(() => "no zone is in the memory nodes of the task's cpuset"),
	S3: wokenText,
	S5: compactText,
	S6: atNopage(() => "__GFP_NORETRY of a costly order: gives up after its first compaction"),
	S8: wokenText,
	S9: reservesText,
	S10: () => "nodes are no longer restricted",
	S12: atNopage((_, request) => notReclaimText(request)),
	S13: ({ numbers = {} }) => `direct reclaim: ${numbers["progress"] ?? 0} pages`,
	S14: compactText,
	S15: atNopage(() => "__GFP_NORETRY: no second round"),
	S16: atNopage((_, request) => costlyText(request)),
	S17: retryText,
	S18: ({ outcome }) => `compaction is ${outcome === "retry" ? "" : "not "}worth another round`,
	S19: oomText,
	S21: () => "__GFP_NOFAIL: may not fail, climbs again",
};

/** What an outcome has to say whatever the rung. */
const BY_OUTCOME: Partial<Readonly<Record<RungOutcome, Describe>>> = {
	warned: ({ numbers = {} }) => `warns: ${warningText(numbers["warning"] as AllocWarning) ?? "a failed allocation"}`,
	restart: () => "the nodes that it may use changed: starts over",
	ended: ({ numbers = {} }) => ENDED[numbers["answer"] ?? 0] ?? "ended",
	fails: (entry, request) => {
		if (entry.rung === "E1") return `order ${request.order} is refused before anything is tried: NULL`;
		return entry.rung === "E3" ? "fault injection: NULL, silently" : failText(entry, request);
	},
};

function sentence(entry: AttemptEntry, request: DescribedRequest): string {
	const byOutcome = BY_OUTCOME[entry.outcome];
	if (byOutcome !== undefined) return byOutcome(entry, request);
	if (entry.tests !== undefined) return passText(entry);
	return BY_RUNG[entry.rung]?.(entry, request) ?? "";
}

/** What happened on one rung of the attempt trace, in words. */
export function describeAttempt(entry: AttemptEntry, request: DescribedRequest): DescribedAttempt {
	const tests = decidingTests(entry);
	const zones = tests.map((t) => zoneTestText(t, request.order, entry.allocFlags ?? 0, request.manyNodes));
	if (entry.tests !== undefined && tests.length === 0) zones.push("no zone to try");
	return { what: sentence(entry, request), zones };
}
