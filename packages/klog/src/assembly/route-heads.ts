import type { LogLine } from "../input/log-line.ts";
import type {
	CpusetLine,
	FailureHead,
	HeadTail,
	OomHead,
	ReportHead,
	StallHead,
	VmallocHead,
} from "../records/report-heads.ts";
import type { SlabFailureLine } from "../records/slab-failure-lines.ts";
import type { WarningHead } from "../records/warning-line.ts";
import type { Draft, DraftKind } from "./draft.ts";
import type { Routing } from "./routing.ts";

/** Two lines of one vmalloc failure (3.x) stand next to each other. */
const NEXT_LINES = 3;

/** First lines of reports: each opens one. Returns the report that the line belongs to. */
export function routeHead(routing: Routing, record: ReportHead | WarningHead, line: LogLine): Draft | undefined {
	switch (record.type) {
		case "oom-head":
			return openOom(routing, record, line);
		case "failure-head":
			return openFailure(routing, record, line);
		case "stall-head":
			return openAlloc(routing, "allocation-stall", record, line);
		case "vmalloc-head":
			return openAlloc(routing, "vmalloc-failure", record, line);
		case "warning-head":
			return openWarning(routing, record, line);
		default:
			return routePlace(routing, record, line);
	}
}

function openReport(routing: Routing, kind: DraftKind, line: LogLine): Draft {
	const draft = routing.drafts.open(kind, line);
	routing.takePrelude(draft);
	routing.setTraceOwner(line, draft);
	return draft;
}

/** oom_lock is held while a report is printed: the one before is over. */
function openOom(routing: Routing, record: OomHead, line: LogLine): Draft {
	routing.drafts.closeWhere((draft) => draft.kind === "oom");
	const draft = openReport(routing, "oom", line);
	draft.oom.head = { ...record, line: line.number };
	return draft;
}

function openAlloc(
	routing: Routing,
	kind: DraftKind,
	record: FailureHead | StallHead | VmallocHead,
	line: LogLine,
): Draft {
	routing.drafts.closeWhere((draft) => draft.alloc !== null && draft.hasEnd && draft.caller === line.caller);
	const draft = openReport(routing, kind, line);
	draft.alloc = { ...record, line: line.number };
	return draft;
}

/** A vmalloc failure of 3.x is a line without a name, followed by a page allocation failure of order 0 with it. */
function openFailure(routing: Routing, record: FailureHead, line: LogLine): Draft {
	const vmalloc = routing.drafts.newest(line, (draft) => isBareVmalloc(draft, line));
	if (vmalloc?.alloc?.type !== "vmalloc-head") {
		return openAlloc(routing, "page-allocation-failure", record, line);
	}
	const { comm, gfp, nodemask, place, order } = record;
	vmalloc.alloc = { ...vmalloc.alloc, comm, gfp, nodemask, place, order: vmalloc.alloc.order ?? order };
	return vmalloc;
}

const isBareVmalloc = (draft: Draft, line: LogLine): boolean =>
	draft.kind === "vmalloc-failure" && draft.comm === null && line.number - draft.firstLine <= NEXT_LINES;

/** A symboliser makes several lines of one warning, one for each inlined function; the last has the real one. */
function openWarning(routing: Routing, record: WarningHead, line: LogLine): Draft {
	const same = routing.drafts.newest(line, (draft) => isSameWarning(draft, record));
	const draft = same ?? openReport(routing, "allocation-warning", line);
	draft.warning = { ...record, line: draft.firstLine };
	return draft;
}

const isSameWarning = (draft: Draft, { file, sourceLine, pid }: WarningHead): boolean =>
	draft.warning?.file === file &&
	draft.warning.sourceLine === sourceLine &&
	draft.warning.pid === pid &&
	draft.task === null &&
	!draft.trace.hasFrames;

function routePlace(routing: Routing, record: HeadTail | CpusetLine, line: LogLine): Draft | undefined {
	const fits = (draft: Draft): boolean =>
		draft.place === null &&
		(record.type === "cpuset-line" ? draft.comm === record.comm : draft.alloc !== null && draft.alloc.place === null);
	const draft = routing.drafts.newest(line, fits);
	if (draft !== undefined) draft.place = { ...record.place, line: line.number };
	return draft;
}

/** Lines of a slab allocation failure: its head opens a report, which has no trace of its own. */
export function routeSlabFailure(routing: Routing, record: SlabFailureLine, line: LogLine): Draft | undefined {
	if (record.type === "slab-failure-head") {
		routing.drafts.closeWhere((draft) => draft.kind === "slab-failure" && draft.caller === line.caller);
		const draft = routing.drafts.open("slab-failure", line);
		draft.slab = { head: { ...record, line: line.number }, cache: null, nodes: [], debug: false };
		return draft;
	}
	const draft = routing.drafts.newest(
		line,
		({ slab }) => slab !== null && (record.type !== "slab-cache" || slab.cache === null),
	);
	const slab = draft?.slab;
	if (slab === null || slab === undefined) return undefined;
	if (record.type === "slab-cache") slab.cache = { ...record, line: line.number };
	else if (record.type === "slab-debug") slab.debug = true;
	else if (slab.nodes.length < 1024) slab.nodes.push({ ...record, line: line.number });
	return draft;
}
