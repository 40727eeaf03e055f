import { z } from "zod";
import { count, numberOrNull, statement, statements, text, textOrNull } from "../schema-parts.ts";

const context = z.strictObject({
	interrupt: textOrNull("Function of an interrupt in the trace; null where there is none, which proves nothing."),
	reclaim: textOrNull("Function of reclaim or compaction in the trace, which run with PF_MEMALLOC."),
	caller: z
		.enum(["kvmalloc", "vmalloc", "kmalloc", "slab"])
		.nullable()
		.describe("The innermost allocator that was called."),
});

const request = z.strictObject({
	gfp: numberOrNull("The gfp mask in the bits of the modelled kernels; null where it is not known."),
	maskText: textOrNull("The mask in the words of the log's kernel."),
	order: numberOrNull("2^order pages were asked for; null where it is not known."),
	context: context.describe("In whose place it ran, as far as the trace tells."),
	taskFlags: count("PF_* of the task that the trace proves."),
	nodes: z.array(z.number()).nullable().describe("Nodes that it is limited to; null for all."),
});

const pictureRow = z.strictObject({
	order: count("Order of the blocks."),
	sizeKb: z.number().describe("Size of one in kB."),
	blocks: count("Free blocks of it."),
	types: textOrNull("Letters of their migratetypes; null where none are printed."),
	use: z
		.enum(["all", "some of all", "highatomic only", "movable only", "nobody"])
		.nullable()
		.describe("Who may have them; null where there are none."),
	kb: z.number().describe("Size of all of them in kB."),
});

const picture = z.strictObject({
	zone: text("Name of the zone, with its node where there are several."),
	rows: z.array(pictureRow).describe("Its free blocks by order."),
	freeKb: numberOrNull("Free memory in kB."),
	fragmentationIndex: numberOrNull("The kernel's fragmentation index of the order, -1000 to 1000."),
	unusablePercent: numberOrNull("Per cent of the free pages in blocks too small for the order."),
});

const nofailAnswer = z.strictObject({
	policy: text("Id of the policy for exhaustion."),
	proposedBy: text("Who proposed it."),
	end: z.enum(["page", "NULL", "loops", "ended"]).describe("How the request ends; ended: a policy ended the task."),
	outcome: text("What happens, as a clause."),
	statement: statement.describe("The same as a sentence."),
});

/** `failure` of an explanation: why a request got no memory. */
export const failureSchema: z.ZodType = z.strictObject({
	request: request.describe("The request in terms of the model."),
	what: statements("Who asked for what, and in which context."),
	pictures: z.array(picture).describe("Free lists of the report's zones."),
	freeLists: statements("What the free lists say."),
	fragmentation: statements("The kernel's measures of fragmentation, zone by zone."),
	rung: textOrNull("Step of the allocator that gave up, such as S16; null where that is not known."),
	otherRungs: z.array(z.string()).describe("Other steps that it may have been."),
	decision: statements("Why that step gave up."),
	kvmalloc: statements("What kvmalloc would have done."),
	nofail: z.array(nofailAnswer).describe("What __GFP_NOFAIL would have done under each policy."),
	alternatives: statements("What other requests in its place would have got."),
	settings: statements("What settings would do."),
	notes: statements("What the log does not say and what was assumed for it."),
});
