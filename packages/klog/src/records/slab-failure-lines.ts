import { optionalDecimal } from "./decimal.ts";
import { MASK_PATTERN, type LoggedMask, loggedMask } from "./logged-mask.ts";

/** `SLUB: Unable to allocate memory on node -1, gfp=0x820(GFP_ATOMIC)`: slab_out_of_memory(). */
export interface SlabFailureHead {
	readonly type: "slab-failure-head";
	readonly allocator: "SLUB" | "SLAB";
	/** CPU of the request (newer kernels). */
	readonly cpu: number | null;
	/** Node asked for; -1 is any. */
	readonly node: number | null;
	readonly gfp: LoggedMask | null;
}

/** `cache: skbuff_head_cache, object size: 176, buffer size: 224, default order: 0, min order: 0`. */
export interface SlabCacheLine {
	readonly type: "slab-cache";
	readonly cache: string;
	readonly objectBytes: number;
	/** Null with SLAB. */
	readonly bufferBytes: number | null;
	/** Order of the slabs; with SLUB the preferred one. */
	readonly order: number;
	/** Null with SLAB. */
	readonly orderMin: number | null;
}

/** `node 0: slabs: 25, objs: 450, free: 0`; SLAB prints `3/3` (in use of all). */
export interface SlabNodeLine {
	readonly type: "slab-node";
	readonly node: number;
	readonly slabs: number;
	readonly slabsTotal: number | null;
	readonly objects: number;
	readonly objectsTotal: number | null;
	readonly free: number;
}

/** `kmalloc-512 debugging increased min order, use slab_debug=O to disable.` */
export interface SlabDebugLine {
	readonly type: "slab-debug";
	readonly cache: string;
}

export type SlabFailureLine = SlabFailureHead | SlabCacheLine | SlabNodeLine | SlabDebugLine;

const HEAD = new RegExp(
	String.raw`^(SLUB|SLAB): Unable to allocate memory on (?:CPU (\d+) (?:\(of node -?\d+\) )?on )?node (-?\d+)`,
);
const GFP = new RegExp(String.raw`\(?gfp=${MASK_PATTERN}`);
const CACHE = /^cache: (.*?), object size: (\d+),(?: buffer size: (\d+), default)? order: (\d+)(?:, min order: (\d+))?/;
const NODE = /^node ?(\d+): slabs: (\d+)(?:\/(\d+))?, objs: (\d+)(?:\/(\d+))?, free: (\d+)/;
const DEBUG = /^(\S+) debugging increased min order, use sl[au]b_debug=O/;

/** A line of a slab allocation failure; undefined for any other line. */
export function readSlabFailureLine(text: string): SlabFailureLine | undefined {
	if (text.startsWith("SL")) return readHead(text);
	if (text.startsWith("cache: ")) return readCache(text);
	if (text.startsWith("node")) return readNode(text);
	const debug = text.includes(" debugging increased") ? DEBUG.exec(text) : null;
	return debug === null ? undefined : { type: "slab-debug", cache: debug[1] ?? "" };
}

function readHead(text: string): SlabFailureHead | undefined {
	const head = HEAD.exec(text);
	if (head === null) return undefined;
	const gfp = GFP.exec(text);
	return {
		type: "slab-failure-head",
		allocator: head[1] === "SLAB" ? "SLAB" : "SLUB",
		cpu: optionalDecimal(head[2]),
		node: optionalDecimal(head[3]),
		gfp: gfp === null ? null : loggedMask(gfp[1], gfp[2]),
	};
}

function readCache(text: string): SlabCacheLine | undefined {
	const match = CACHE.exec(text);
	if (match === null) return undefined;
	const [, cache = "", object, buffer, order, orderMin] = match;
	return {
		type: "slab-cache",
		cache,
		objectBytes: Number(object),
		bufferBytes: optionalDecimal(buffer),
		order: Number(order),
		orderMin: optionalDecimal(orderMin),
	};
}

function readNode(text: string): SlabNodeLine | undefined {
	const match = NODE.exec(text);
	if (match === null) return undefined;
	const [, node, slabs, slabsTotal, objects, objectsTotal, free] = match;
	return {
		type: "slab-node",
		node: Number(node),
		slabs: Number(slabs),
		slabsTotal: optionalDecimal(slabsTotal),
		objects: Number(objects),
		objectsTotal: optionalDecimal(objectsTotal),
		free: Number(free),
	};
}
