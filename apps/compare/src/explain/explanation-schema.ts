import { z } from "zod";
import { EXPLANATION_SCHEMA } from "./explanation-json.ts";
import { failureSchema } from "./failure/failure-schema.ts";
import { policiesSchema, victimSchema, wouldHaveChangedSchema } from "./oom/oom-schema.ts";
import { count, numberOrNull, statement, statements, text, textOrNull } from "./schema-parts.ts";

const listedEvent = z.strictObject({
	number: count("From 1, as --event takes it."),
	kind: text("Kind of event, such as oom."),
	severity: text("How bad it is, in words."),
	firstLine: count("First line in the input, from 1."),
	lastLine: count("Last line in the input."),
	seconds: numberOrNull("Seconds since boot; null where the log has no such time stamps."),
	wall: textOrNull("Date or time of day as printed."),
	kernel: textOrNull("Release of the kernel; null where the log does not name it."),
	happened: text("What happened, in one sentence."),
});

const request = z.strictObject({
	comm: textOrNull("Task that asked."),
	pid: numberOrNull("Its pid."),
	order: numberOrNull("2^order pages were asked for; null where it is not known."),
	mask: numberOrNull("The gfp mask as a number of the kernel that printed it."),
	maskText: textOrNull("The mask in the kernel's words."),
	purpose: textOrNull("What the memory was for, by the trace."),
	place: textOrNull("Where the request came from, by the trace."),
	privilege: z.enum(["none", "victim", "memalloc"]).describe("Which reserves the task may use because of what it is."),
	privilegeIsInferred: z.boolean().describe("The privilege is not in the log."),
	nodes: z.array(z.number()).nullable().describe("Nodes that it is limited to; null for all."),
	nodesFrom: z.enum(["nodemask", "cpuset"]).nullable().describe("What limits it to the nodes."),
});

const orderCheck = z.strictObject({
	order: count("Order of the blocks."),
	blocks: count("Free blocks of it."),
	types: textOrNull("Letters of the migratetypes that have some."),
	usable: z.enum(["all", "some", "none"]).describe("Which of the letters the request may use."),
});

const zoneCheck = z.strictObject({
	node: count("Node of the zone."),
	zone: text("Name of the zone."),
	managed: numberOrNull("Pages that the allocator manages there."),
	verdict: z
		.enum(["not by the mask", "not by its nodes", "below the mark", "no block", "passes", "may pass", "unknown"])
		.describe("How the watermark test ends with the numbers of the log."),
	free: count("Free pages."),
	cma: count("Free CMA pages that the request must leave alone."),
	highatomic: count("Highatomic pages that it must leave alone, at least."),
	highatomicMax: count("The same at most."),
	blockPages: count("2^order - 1."),
	usable: count("free - cma - highatomic - blockPages."),
	min: count("The min mark as printed, with boost."),
	boost: count("Boost in it."),
	mark: count("What the request's discount leaves of min."),
	reserve: count("lowmem_reserve of the zone for this request."),
	margin: count("usable - mark - reserve; the test passes if it is above 0."),
	highMargin: numberOrNull("The same at the high mark, which the last attempt before a kill takes."),
	blocks: z.array(orderCheck).describe("Blocks of the request's order and above."),
	failingOrder: numberOrNull("Before 4.4: the order at which the halved mark was not met."),
});

const unserved = z.strictObject({
	request: request.describe("What was asked for."),
	reason: z
		.enum([
			"cgroup limit",
			"below the mark",
			"no block",
			"no zone",
			"manual",
			"page fault",
			"served by the report's numbers",
			"not decidable",
			"no numbers",
		])
		.describe("Why it was not served."),
	constraint: textOrNull("CONSTRAINT_* of an OOM event."),
	failing: z
		.strictObject({ node: count("Node of the zone."), zone: text("Name of the zone.") })
		.nullable()
		.describe("The zone that it comes to first, if it fails there."),
	zones: z.array(zoneCheck).describe("The watermark test of each zone, in pages."),
	cgroup: z
		.strictObject({
			path: textOrNull("Path of the group."),
			resource: z.enum(["memory", "memorySwap", "kmem"]).nullable().describe("The counter that was at its limit."),
			usageKb: numberOrNull("Usage in kB."),
			limitKb: numberOrNull("Limit in kB; null for none."),
			failcnt: numberOrNull("How often the limit was hit."),
		})
		.nullable()
		.describe("The limit that was hit; null outside of cgroups."),
	reclaim: z
		.strictObject({
			file: count("Pages on the file lists."),
			anon: count("Pages on the anonymous lists."),
			swapFree: numberOrNull("Free pages of swap."),
			swapTotal: numberOrNull("Pages of swap."),
			managed: count("Pages of the zones that the request may use."),
		})
		.nullable()
		.describe("What was left for reclaim in those zones."),
	what: statements("Who asked for what."),
	why: statements("Why it was not served."),
});

const division = {
	totalKb: count("All of it; the parts and the unaccounted rest add up to it."),
	parts: z
		.array(z.strictObject({ name: text("Use of the memory."), kb: count("Size in kB.") }))
		.describe("Each page is in one of these at most."),
	unaccountedKb: count("What no counter of the log shows; negative is a contradiction."),
};
const details = z
	.array(z.strictObject({ name: text("What is counted."), kb: count("Size in kB.") }))
	.describe("Numbers that are contained in parts.");

const memory = z.strictObject({
	system: z
		.strictObject({
			...division,
			totalFrom: z.enum(["totals", "zones", "counters"]).describe("Where the total is from."),
			details,
			zones: z
				.array(z.strictObject({ node: count("Node of the zone."), zone: text("Name of the zone."), ...division }))
				.describe("The same by zone."),
			swap: z
				.strictObject({
					add: numberOrNull("Pages written since boot."),
					delete: numberOrNull("Pages taken out since boot."),
					find: z.tuple([z.number(), z.number()]).nullable().describe("Found in the swap cache, of how many."),
					freeKb: numberOrNull("Free swap in kB."),
					totalKb: numberOrNull("All swap in kB."),
				})
				.nullable()
				.describe("Swap as printed."),
			statements: statements("What the numbers say."),
		})
		.nullable()
		.describe("Memory of the machine; null where the log has no counters."),
	cgroup: z
		.strictObject({
			...division,
			path: textOrNull("Path of the group."),
			limitKb: numberOrNull("Its limit in kB; null for none."),
			details,
			swapKb: numberOrNull("Its swap in kB."),
			statements: statements("What the numbers say."),
		})
		.nullable()
		.describe("Memory of the cgroup at its limit; null outside of cgroups."),
});

const block = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("heading").describe("A heading."), text: text("Its words.") }),
	z.strictObject({ kind: z.literal("statements").describe("Sentences."), statements: statements("In their order.") }),
	z.strictObject({
		kind: z.literal("table").describe("A table."),
		columns: z
			.array(z.strictObject({ title: text("Head."), align: z.enum(["left", "right"]).describe("Side of its cells.") }))
			.describe("Columns from the left."),
		rows: z.array(z.array(z.string())).describe("Cells of each row."),
	}),
	z.strictObject({
		kind: z.literal("bars").describe("A picture of bars."),
		total: z.number().describe("Value of a full bar."),
		rows: z
			.array(
				z.strictObject({
					label: text("What it is."),
					value: z.number().describe("Length."),
					text: text("The value in words."),
				}),
			)
			.describe("Bars from the top."),
	}),
]);

const explained = z.strictObject({
	number: count("Number of the event, from 1."),
	happened: statement.describe("What happened, in one sentence."),
	unserved: unserved.nullable().describe("Why it was not served; null for events that are no request for pages."),
	memory: memory.describe("Where memory was."),
	victim: victimSchema.nullable().describe("Who was killed, and why that one; null for events that are no OOM."),
	policies: policiesSchema.nullable().describe("What other OOM policies would have done; null as above."),
	wouldHaveChanged: wouldHaveChangedSchema.nullable().describe("What would have changed it; null as above."),
	failure: failureSchema
		.nullable()
		.describe("Why the request got no memory; null for events that are no failure or warning of an allocation."),
	missing: z.array(z.string()).describe("Parts that the log lacks, in words."),
	contradictions: z
		.array(
			z.strictObject({
				code: text("Kind of contradiction."),
				message: text("It in one sentence."),
				lines: z.array(z.number()).describe("Lines that say it."),
			}),
		)
		.describe("Where the log contradicts itself."),
	blocks: z.array(block).describe("The whole explanation, as text and page have it."),
});

/** The JSON of `pagelab explain --json`. Published as schema/explanation.schema.json. */
export const explanationSchema: z.ZodType = z
	.strictObject({
		schema: z.literal(EXPLANATION_SCHEMA).describe("Name and version of this schema."),
		events: z.array(listedEvent).describe("All events of the log, in its order."),
		explained: explained.describe("The event that is explained: the worst, or the one of --event."),
	})
	.describe("An event of a kernel log, explained by pagelab.");

/** The schema as JSON Schema text, as it is published. */
export const explanationSchemaText = (): string =>
	`${JSON.stringify({ $id: EXPLANATION_SCHEMA, ...z.toJSONSchema(explanationSchema) }, null, "\t")}\n`;
