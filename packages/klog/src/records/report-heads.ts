import { decimal, optionalDecimal } from "./decimal.ts";
import { MASK_PATTERN, type LoggedMask, loggedMask } from "./logged-mask.ts";

/** First line of an OOM report: dump_header() of mm/oom_kill.c. */
export interface OomHead {
	readonly type: "oom-head";
	readonly comm: string;
	readonly gfp: LoggedMask;
	/** -1 for SysRq-f. */
	readonly order: number;
	/** List of nodes, `(null)` or null where the line has none. */
	readonly nodemask: string | null;
	readonly oom_adj: number | null;
	readonly oom_score_adj: number | null;
}

/** Where the caller may allocate, in the same line (since 5.0) or in one of its own. */
export interface CpusetPlace {
	readonly cpuset: string;
	/** List of nodes, such as `0-3`. */
	readonly mems_allowed: string;
}

/** What all messages of warn_alloc() (mm/page_alloc.c) share. */
interface WarnAlloc {
	/** Null where the message stands without it (vmalloc before 4.13). */
	readonly comm: string | null;
	/** Null where the line was cut before it. */
	readonly gfp: LoggedMask | null;
	readonly nodemask: string | null;
	readonly place: CpusetPlace | null;
}

export interface FailureHead extends WarnAlloc {
	readonly type: "failure-head";
	readonly order: number;
}

export interface StallHead extends WarnAlloc {
	readonly type: "stall-head";
	readonly order: number;
	readonly stallMs: number;
}

export interface VmallocHead extends WarnAlloc {
	readonly type: "vmalloc-head";
	/** Why, in the kernel's words, such as `vm_struct allocation failed`. */
	readonly reason: string;
	/** Bytes asked for, as printed: some kernels print 0. */
	readonly bytes: number | null;
	/** Bytes that had been allocated before it failed (4.x). */
	readonly bytesAllocated: number | null;
	/** Order of the page that could not be had. */
	readonly order: number | null;
}

/** The end of a failure line that was printed in pieces. */
export interface HeadTail {
	readonly type: "head-tail";
	readonly place: CpusetPlace;
}

/** `C cpuset=/ mems_allowed=0` of kernels before 5.0. */
export interface CpusetLine {
	readonly type: "cpuset-line";
	readonly comm: string;
	readonly place: CpusetPlace;
}

export type ReportHead = OomHead | FailureHead | StallHead | VmallocHead | HeadTail | CpusetLine;

const OOM = new RegExp(
	`^(.*) invoked oom-killer: ?gfp_mask=${MASK_PATTERN},\\s+(?:nodemask=(\\S*?),\\s+)?order=(-?\\d+)` +
		String.raw`(?:,\s+oom(?:kill|_)adj=(-?\d+))?(?:,\s+oom_score_adj=(-?\d+))?`,
);
const MODE = new RegExp(`,?\\s*mode: ?${MASK_PATTERN}`);
const NODEMASK = /,\s*nodemask=(\(null\)|[\d,-]*\d)/;
const PLACE = /,?\s*cpuset=(.*?),\s*mems_allowed=([\d,-]*\d)/;
const FAILURE = /^(.*?): page allocation failure[.:] ?order: ?(-?\d+)/;
const STALL = /^(.*?): page allocation stalls for (\d+) ?ms, order: ?(-?\d+)/;
const VMALLOC = /^(?:(.*?): )?(?:vmalloc(?: error)?: |vmalloc (?=size ))(.*)$/;
const VMAP = /^vmap allocation for size (\d+) failed/;
const CPUSET_LINE = /^(.*) cpuset=(.*) mems_allowed=([\d,-]*\d)(?: |$)/;

/** The first lines of the reports of the allocator and of the OOM killer; undefined for any other line. */
export function readReportHead(text: string): ReportHead | undefined {
	if (text.includes("oom-killer")) return readOomHead(text);
	if (text.includes(": page allocation ")) return readFailure(text) ?? readStall(text);
	if (text.includes("vmalloc") || text.startsWith("vmap ")) return readVmalloc(text);
	if (text.includes("cpuset=")) return readHeadTail(text) ?? readCpusetLine(text);
	return undefined;
}

function readOomHead(text: string): OomHead | undefined {
	const match = OOM.exec(text);
	if (match === null) return undefined;
	const [, comm = "", hex, names, nodemask, order = "0", oomAdj, scoreAdj] = match;
	return {
		type: "oom-head",
		comm,
		gfp: loggedMask(hex, names),
		order: decimal(order),
		nodemask: nodemask ?? null,
		oom_adj: optionalDecimal(oomAdj),
		oom_score_adj: optionalDecimal(scoreAdj),
	};
}

function readFailure(text: string): FailureHead | undefined {
	const match = FAILURE.exec(text);
	if (match === null) return undefined;
	const [whole, comm = "", order = "0"] = match;
	return { type: "failure-head", comm, order: decimal(order), ...readRequest(text.slice(whole.length)) };
}

function readStall(text: string): StallHead | undefined {
	const match = STALL.exec(text);
	if (match === null) return undefined;
	const [whole, comm = "", stall, order = "0"] = match;
	const request = readRequest(text.slice(whole.length));
	return { type: "stall-head", comm, stallMs: Number(stall), order: decimal(order), ...request };
}

/** `, mode:0x…(…), nodemask=…,cpuset=…,mems_allowed=…`, each part optional. */
function readRequest(rest: string): Omit<WarnAlloc, "comm"> {
	const mode = MODE.exec(rest);
	const place = PLACE.exec(rest);
	return {
		gfp: mode === null ? null : loggedMask(mode[1], mode[2]),
		nodemask: NODEMASK.exec(rest)?.[1] ?? null,
		place: place === null ? null : readPlace(place[1], place[2]),
	};
}

const readPlace = (cpuset: string | undefined, nodes: string | undefined): CpusetPlace => ({
	cpuset: cpuset ?? "",
	mems_allowed: nodes ?? "",
});

function readVmalloc(text: string): VmallocHead | undefined {
	const vmap = VMAP.exec(text);
	if (vmap !== null) {
		const bytes = Number(vmap[1]);
		const reason = "no room in the vmalloc address space";
		const nothing = { comm: null, gfp: null, nodemask: null, place: null };
		return { type: "vmalloc-head", reason, bytes, bytesAllocated: null, order: null, ...nothing };
	}
	const match = VMALLOC.exec(text);
	if (match === null) return undefined;
	const message = match[2] ?? "";
	const details = readVmallocMessage(message);
	if (details === undefined) return undefined;
	return { type: "vmalloc-head", comm: match[1] ?? null, ...details, ...readRequest(message) };
}

const VMALLOC_FAILURE = /^allocation failure(?:: (\d+) bytes|, allocated (\d+) of (\d+) bytes)/;
const VMALLOC_ERROR = /^size (\d+)[,:]?\s*(.*?)(?:,\s*mode:|$)/;

function readVmallocMessage(
	message: string,
): Pick<VmallocHead, "reason" | "bytes" | "bytesAllocated" | "order"> | undefined {
	const failure = VMALLOC_FAILURE.exec(message);
	if (failure !== null) {
		const bytes = optionalDecimal(failure[1] ?? failure[3]);
		return { reason: "allocation failure", bytes, bytesAllocated: optionalDecimal(failure[2]), order: null };
	}
	const error = VMALLOC_ERROR.exec(message);
	if (error === null) return undefined;
	const reason = error[2] ?? "";
	const order = /page order (\d+)/.exec(reason)?.[1];
	return { reason, bytes: optionalDecimal(error[1]), bytesAllocated: null, order: optionalDecimal(order) };
}

function readHeadTail(text: string): HeadTail | undefined {
	if (!text.startsWith(",cpuset=") && !text.startsWith("cpuset=")) return undefined;
	const place = PLACE.exec(text);
	return place === null ? undefined : { type: "head-tail", place: readPlace(place[1], place[2]) };
}

function readCpusetLine(text: string): CpusetLine | undefined {
	const match = CPUSET_LINE.exec(text);
	if (match === null) return undefined;
	return { type: "cpuset-line", comm: match[1] ?? "", place: readPlace(match[2], match[3]) };
}
