import { CONTRADICTIONS } from "../checks/contradiction.ts";
import { PARTS } from "../events/report.ts";
import { PREFIX_STYLES } from "../input/log-line.ts";
import {
	decimal,
	exactly,
	flag,
	integer,
	lineNumber,
	listOf,
	numbersByName,
	oneOf,
	orNull,
	ref,
	type SchemaNode,
	text,
	tuple,
} from "./schema-node.ts";
import { SECTION_SCHEMAS } from "./section-schemas.ts";

const place = { cpuset: text, mems_allowed: text };

/** Fields of every event. */
const report = {
	firstLine: lineNumber,
	lastLine: lineNumber,
	time: orNull(exactly({ seconds: orNull(decimal), wall: orNull(text) })),
	caller: orNull(text),
	prefix: oneOf(...PREFIX_STYLES),
	kernel: orNull(exactly({ release: text, version: tuple(integer, integer, integer) })),
	kernelFrom: orNull(oneOf("report", "log")),
	task: orNull(
		exactly({
			cpu: orNull(integer),
			uid: orNull(decimal),
			pid: integer,
			comm: text,
			taint: text,
			release: orNull(text),
			build: text,
			line: lineNumber,
		}),
	),
	hardware: orNull(text),
	workqueue: orNull(text),
	trace: orNull(ref("trace")),
	suppressed: orNull(decimal),
	missing: listOf(oneOf(...Object.keys(PARTS))),
	contradictions: listOf(
		exactly({ code: oneOf(...Object.keys(CONTRADICTIONS)), message: text, lines: listOf(lineNumber) }),
	),
	damaged: listOf(exactly({ line: lineNumber, text })),
};

/** Fields of the messages of warn_alloc(). */
const request = {
	comm: orNull(text),
	gfp: orNull(ref("gfp")),
	nodemask: orNull(text),
	place: orNull(exactly(place)),
	memInfo: orNull(ref("memInfo")),
	order: orNull(integer),
};

const event = (kind: string, fields: Readonly<Record<string, SchemaNode>>): SchemaNode =>
	exactly({ kind: { const: kind }, ...report, ...fields });

const reap = exactly({ pid: integer, comm: text, reaped: flag, values: numbersByName, line: lineNumber });

const oom = event("oom", {
	trigger: orNull(
		exactly({
			comm: text,
			gfp: ref("gfp"),
			order: integer,
			nodemask: orNull(text),
			oom_adj: orNull(integer),
			oom_score_adj: orNull(integer),
			line: lineNumber,
		}),
	),
	calledBy: orNull(oneOf("allocation", "memcg", "page-fault", "sysrq")),
	place: orNull(exactly(place)),
	constraint: orNull(exactly({ name: text, source: oneOf("printed", "inferred") })),
	compactionDisabled: flag,
	memInfo: orNull(ref("memInfo")),
	memcg: orNull(ref("memcg")),
	table: orNull(ref("taskTable")),
	summary: orNull(
		exactly({
			constraint: text,
			nodemask: orNull(text),
			cpuset: orNull(text),
			mems_allowed: orNull(text),
			global: flag,
			oom_memcg: orNull(text),
			task_memcg: orNull(text),
			task: orNull(text),
			pid: orNull(integer),
			uid: orNull(decimal),
			line: lineNumber,
		}),
	),
	selected: orNull(exactly({ message: text, pid: integer, comm: text, score: orNull(decimal), line: lineNumber })),
	kills: listOf(
		exactly({
			pid: integer,
			comm: text,
			message: text,
			totalVmKb: orNull(decimal),
			anonRssKb: orNull(decimal),
			fileRssKb: orNull(decimal),
			shmemRssKb: orNull(decimal),
			pgtablesKb: orNull(decimal),
			uid: orNull(decimal),
			oom_score_adj: orNull(decimal),
			other: numbersByName,
			line: lineNumber,
		}),
	),
	victim: orNull(exactly({ pid: integer, comm: text })),
	group: orNull(text),
	exiting: listOf(exactly({ message: text, pid: integer, comm: text, line: lineNumber })),
	reaps: listOf(reap),
	otherReaps: listOf(reap),
	noKillable: flag,
	panic: orNull(exactly({ message: text, line: lineNumber })),
});

const slabFailure = event("slab-failure", {
	allocator: oneOf("SLUB", "SLAB"),
	cpu: orNull(integer),
	node: orNull(integer),
	gfp: orNull(ref("gfp")),
	cache: orNull(
		exactly({
			cache: text,
			objectBytes: decimal,
			bufferBytes: orNull(decimal),
			order: integer,
			orderMin: orNull(integer),
			line: lineNumber,
		}),
	),
	nodes: listOf(
		exactly({
			node: integer,
			slabs: decimal,
			slabsTotal: orNull(decimal),
			objects: decimal,
			objectsTotal: orNull(decimal),
			free: decimal,
			line: lineNumber,
		}),
	),
	debuggingRaisesOrder: flag,
});

const allocationWarning = event("allocation-warning", {
	file: text,
	sourceLine: integer,
	function: orNull(text),
	offset: orNull(decimal),
	size: orNull(decimal),
	cause: oneOf("order-too-large", "nofail", "other"),
	registers: { type: "object", additionalProperties: text },
});

/** Version of the form of events; it grows when a field changes its meaning or goes. */
export const KLOG_SCHEMA_VERSION = 1;

/** JSON Schema of one event, for programs that read `--json`. No field is left out and none is open. */
export const KLOG_EVENT_SCHEMA: SchemaNode = {
	$schema: "https://json-schema.org/draft/2020-12/schema",
	title: `pagelab kernel log event, version ${KLOG_SCHEMA_VERSION}`,
	$defs: SECTION_SCHEMAS,
	anyOf: [
		oom,
		event("page-allocation-failure", request),
		event("allocation-stall", { ...request, stallMs: orNull(decimal) }),
		event("vmalloc-failure", {
			...request,
			reason: orNull(text),
			bytes: orNull(decimal),
			bytesAllocated: orNull(decimal),
		}),
		slabFailure,
		allocationWarning,
		event("memory-report", { memInfo: ref("memInfo") }),
	],
};
