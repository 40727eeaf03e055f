import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";
import type { FailedRequest, FailureEvent } from "./failed-request.ts";

const has = (gfp: number, flag: number): boolean => (gfp & flag) !== 0;

/** Name of the task that asked, as the report has it. */
const who = (event: FailureEvent): string => {
	const comm = "comm" in event ? event.comm : null;
	const name = comm ?? event.task?.comm ?? null;
	if (name === null) return "A task that the log does not name";
	return event.task === null ? name : `${name} (pid ${event.task.pid})`;
};

function sizeText(event: FailureEvent, order: number | null): string {
	const pageKb = "memInfo" in event ? (event.memInfo?.pageKb ?? null) : null;
	if (order === null) return "memory of a size that the log does not say";
	const pages = order === 0 ? "one page" : `${2 ** order} pages in a row`;
	return `${pages} (order ${order}${pageKb === null ? "" : `, ${2 ** order * pageKb} kB`})`;
}

function whatStatement(event: FailureEvent, { order, maskText }: FailedRequest): Statement {
	const mask = maskText === null ? " (its mask is not in the log)" : ` with mask ${maskText}`;
	switch (event.kind) {
		case "allocation-stall":
			return logged(
				`${who(event)} has waited for ${event.stallMs ?? "an unknown number of"} ms for ${sizeText(event, order)}${mask}; it has not failed.`,
			);
		case "vmalloc-failure": {
			const bytes = event.bytes === null || event.bytes === 0 ? "" : ` of ${event.bytes} bytes`;
			const reason = event.reason === null ? "" : `: ${event.reason}`;
			return logged(`${who(event)} asked vmalloc for an area${bytes}${mask}${reason}.`);
		}
		case "slab-failure": {
			const { allocator, cache } = event;
			const name = cache === null ? "a cache" : `cache ${cache.cache} (objects of ${cache.objectBytes} bytes)`;
			const size = order === null ? "" : ` of order ${order}`;
			return logged(`${allocator} got no new slab${size} for ${name}${mask}.`);
		}
		case "allocation-warning":
			return logged(
				`${who(event)} was warned about by ${event.function ?? "the kernel"} (${event.file}:${event.sourceLine}).`,
			);
		default:
			return logged(`${who(event)} asked for ${sizeText(event, order)}${mask} and got nothing.`);
	}
}

/** State of a slab cache and what its request ran into. */
function slabStatements(event: FailureEvent, { gfp, order }: FailedRequest): Statement[] {
	if (event.kind !== "slab-failure") return [];
	const nodes = event.nodes.map(
		({ node, slabs, objects, free }) => `node ${node} has ${slabs} slabs with ${objects} objects, ${free} of them free`,
	);
	const state = nodes.length === 0 ? [] : [logged(`State of the cache: ${nodes.join("; ")}.`)];
	if (gfp === null || order !== 0 || has(gfp, GFP.DIRECT_RECLAIM)) return state;
	const share = has(gfp, GFP.HIGH) ? "three eighths of its min mark" : "its min mark";
	return [
		...state,
		byKernelRule(
			`A single page was refused to a caller that must not sleep: every zone had no more free pages than ${share} (with boost) and its lowmem_reserve together.`,
		),
	];
}

/** Whether the mask lets the request wait, and for what. */
function maskStatements(gfp: number): Statement[] {
	if (!has(gfp, GFP.DIRECT_RECLAIM)) {
		const reserve = has(gfp, GFP.HIGH) ? "; it may go below the min mark instead (__GFP_HIGH)" : "";
		return [
			byKernelRule(
				`The mask has no __GFP_DIRECT_RECLAIM: the caller must not sleep, so there is no reclaim, no compaction and no OOM kill for it${reserve}.`,
			),
		];
	}
	if (!has(gfp, GFP.IO))
		return [byKernelRule("GFP_NOIO: reclaim must not start I/O, and there is no compaction; nobody is killed for it.")];
	if (!has(gfp, GFP.FS))
		return [byKernelRule("GFP_NOFS: reclaim must not enter a filesystem, and nobody is killed for it.")];
	return [byKernelRule("The mask allows everything: the caller may sleep, reclaim, compact and have a task killed.")];
}

function scopeStatements(gfp: number): Statement[] {
	const narrowed = has(gfp, GFP.DIRECT_RECLAIM) && (!has(gfp, GFP.IO) || !has(gfp, GFP.FS));
	return narrowed
		? [
				byKernelRule(
					"The printed mask is the one after the task's scopes: whether the caller passed it so, or memalloc_nofs_save() or memalloc_noio_save() took bits away, the log does not say.",
				),
			]
		: [];
}

function placeStatements({ context, taskFlags }: FailedRequest): Statement[] {
	const statements: Statement[] = [];
	if (context.interrupt !== null)
		statements.push(inferred(`It ran in an interrupt: ${context.interrupt}() is in its trace.`));
	if (taskFlags !== 0) {
		statements.push(
			byKernelRule(
				`It ran inside of reclaim or compaction (${context.reclaim}() is in its trace), that is with PF_MEMALLOC: all reserves are open to it, and it must not reclaim itself.`,
			),
		);
	}
	return statements;
}

function retryStatements(gfp: number, order: number | null): Statement[] {
	if (!has(gfp, GFP.DIRECT_RECLAIM)) return [];
	if (has(gfp, GFP.NORETRY))
		return [byKernelRule("__GFP_NORETRY: one round of reclaim and compaction, then it gives up.")];
	if (has(gfp, GFP.RETRY_MAYFAIL))
		return [byKernelRule("__GFP_RETRY_MAYFAIL: it retries, but nobody is killed for it.")];
	if (order !== null && order > PAGE_ALLOC_COSTLY_ORDER) {
		return [
			byKernelRule(
				`Order ${order} is costly (above ${PAGE_ALLOC_COSTLY_ORDER}): it gives up after one round, and nobody is killed for it.`,
			),
		];
	}
	return [];
}

/** Who asked for what, in which context, and what that context allows. */
export function requestStatements(event: FailureEvent, request: FailedRequest): Statement[] {
	const { gfp, order } = request;
	const suppressed = event.suppressed ?? 0;
	return [
		whatStatement(event, request),
		...(gfp === null ? [] : [...maskStatements(gfp), ...retryStatements(gfp, order), ...scopeStatements(gfp)]),
		...slabStatements(event, request),
		...placeStatements(request),
		...(suppressed > 0
			? [logged(`${suppressed} messages before it were held back by the rate limit: it was not the first.`)]
			: []),
	];
}
