import { InputError } from "@pagelab/base";
import { formatGfp, gfpHex } from "@pagelab/gfp";
import type { MachineState } from "@pagelab/page-model";
import type { LoggedRequest } from "../input/logged-request.ts";
import type { WhyFlags } from "./why-flags.ts";

/** Options with what the log gives where they leave it open, and sentences about it, without full stops. */
export interface TakenRequest {
	readonly flags: WhyFlags;
	readonly notes: readonly string[];
}

/** One option that the log gives, and how to say it. */
interface Taken {
	readonly flags: Partial<WhyFlags>;
	readonly words: string;
}

function maskAndOrder({ gfp, order }: LoggedRequest, flags: WhyFlags): Taken[] {
	if (gfp === null && flags.gfp === undefined) {
		throw new InputError("the mask of the logged request is not known, expected --gfp with one");
	}
	if (order === null && flags.order === undefined) {
		throw new InputError("the order of the logged request is not known, expected --order with one");
	}
	return [
		...(flags.gfp === undefined && gfp !== null
			? [{ flags: { gfp: gfpHex(gfp) }, words: `mask ${formatGfp(gfp, {})}` }]
			: []),
		...(flags.order === undefined && order !== null
			? [{ flags: { order: String(order) }, words: `order ${order}` }]
			: []),
	];
}

function contextOf({ interrupt, memalloc, isVictim }: LoggedRequest, flags: WhyFlags): Taken[] {
	// A real-time priority is that of a task.
	const mayInterrupt = flags.interrupt === undefined && flags.rt !== true;
	return [
		...(interrupt !== null && mayInterrupt
			? [{ flags: { interrupt: interrupt.what }, words: `${interrupt.what} (${interrupt.by}() in its trace)` }]
			: []),
		...(memalloc !== null && flags.scope === undefined
			? [{ flags: { scope: memalloc.what }, words: `${memalloc.what} (${memalloc.by}() in its trace)` }]
			: []),
		...(isVictim && flags.victim !== true
			? [{ flags: { victim: true }, words: "OOM victim (killed before in this log)" }]
			: []),
	];
}

/** A request of one node prefers it, whatever CPU it runs on. */
function nodeOf({ nodes }: LoggedRequest, { node }: WhyFlags): Taken[] {
	const [only, ...more] = nodes ?? [];
	if (only === undefined || only === 0 || more.length > 0 || node !== undefined) return [];
	return [{ flags: { node: String(only) }, words: `node ${only}` }];
}

/** Its limit to some of the machine's nodes is not part of a question. */
function limitNotes({ nodes }: LoggedRequest, state: MachineState): string[] {
	const others = state.nodes.filter(({ node }) => nodes?.includes(node) === false);
	if (nodes === null || others.length === 0) return [];
	return [`the log limits the request to node ${nodes.join(", ")}; here it may use the others too`];
}

/**
 * Takes mask, order and context of the logged request where the options leave them open.
 *
 * @throws InputError, one sentence, where the log lacks what the options leave open.
 */
export function takeLoggedRequest(flags: WhyFlags, request: LoggedRequest, state: MachineState): TakenRequest {
	const taken = [...maskAndOrder(request, flags), ...contextOf(request, flags), ...nodeOf(request, flags)];
	const words = taken.map((own) => own.words).join(", ");
	return {
		flags: Object.assign({}, flags, ...taken.map((own) => own.flags)) as WhyFlags,
		notes: [...(taken.length === 0 ? [] : [`taken from the log: ${words}`]), ...limitNotes(request, state)],
	};
}
