import { getOrder, type KernelId } from "@pagelab/base";
import { formatGfp, gfpHex } from "@pagelab/gfp";
import { slabProfile } from "./profile.ts";

/** A cache on one node, as slab_out_of_memory() counts it. */
export interface SlabNodeUsage {
	readonly node: number;
	readonly slabs: number;
	readonly objects: number;
	/** Free objects of slabs on the node's partial list only: those of the CPUs' lists count as in use. */
	readonly free: number;
}

/** A request that no slab could be had for. */
export interface SlabFailure {
	readonly kernel: KernelId;
	/** CPU of the request and its node. */
	readonly cpu: number;
	readonly cpuNode: number;
	/** Node asked for; -1 is any. */
	readonly nid: number;
	/** The caller's mask. */
	readonly gfp: number;
	readonly cache: {
		readonly name: string;
		/** Bytes. */
		readonly objectSize: number;
		/** Bytes from one object to the next. */
		readonly size: number;
		readonly preferredOrder: number;
		readonly minOrder: number;
	};
	readonly nodes: readonly SlabNodeUsage[];
}

/**
 * The text of slab_out_of_memory() line by line, as 6.11 and 6.12 print it, without time stamps.
 *
 * @param suppressed messages that the rate limit held back before this one.
 */
export function formatSlabFailure(failure: SlabFailure, suppressed: number): string[] {
	const { kernel, cpu, cpuNode, nid, gfp, cache, nodes } = failure;
	const where = slabProfile(kernel).failureNamesCpu.value ? `CPU ${cpu} (of node ${cpuNode}) on node` : "node";
	const names = formatGfp(gfp, { kernel, style: "printk" });
	const sizes = `object size: ${cache.objectSize}, buffer size: ${cache.size}`;
	const lines = [
		`SLUB: Unable to allocate memory on ${where} ${nid}, gfp=${gfpHex(gfp)}(${names})`,
		`  cache: ${cache.name}, ${sizes}, default order: ${cache.preferredOrder}, min order: ${cache.minOrder}`,
	];
	if (suppressed > 0) lines.unshift(`slab_out_of_memory: ${suppressed} callbacks suppressed`);
	// The kernel blames debugging, although a link behind the object or its alignment does it too.
	if (cache.minOrder > getOrder(cache.objectSize)) {
		lines.push(`  ${cache.name} debugging increased min order, use slab_debug=O to disable.`);
	}
	for (const { node, slabs, objects, free } of nodes) {
		lines.push(`  node ${node}: slabs: ${slabs}, objs: ${objects}, free: ${free}`);
	}
	return lines;
}

/** The text of kmalloc_fix_flags(), without its stack dump. */
export function formatUnexpectedGfp(invalid: number, fixed: number, kernel: KernelId): string {
	const mask = (gfp: number): string => `${gfpHex(gfp)} (${formatGfp(gfp, { kernel, style: "printk" })})`;
	return `Unexpected gfp: ${mask(invalid)}. Fixing up to gfp: ${mask(fixed)}. Fix your code!`;
}
