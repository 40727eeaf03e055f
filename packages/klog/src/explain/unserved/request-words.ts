import { GFP } from "@pagelab/gfp";
import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";
import type { AskedRequest } from "./asked-request.ts";

/** Such as `grower (pid 150)`. */
export function taskText({ comm, pid }: Pick<AskedRequest, "comm" | "pid">): string {
	if (comm === null) return pid === null ? "a task that the log does not name" : `the task with pid ${pid}`;
	return pid === null ? comm : `${comm} (pid ${pid})`;
}

/** Such as `16 pages in a row (order 4, 64 kB)`. */
export function sizeText(order: number | null, pageKb: number | null): string {
	if (order === null) return "memory";
	if (order === 0) return "one page";
	const kb = pageKb === null ? "" : `, ${2 ** order * pageKb} kB`;
	return `${2 ** order} pages in a row (order ${order}${kb})`;
}

const has = (gfp: number, bits: number): boolean => (gfp & bits) === bits;

function zoneWords(gfp: number): string {
	if (has(gfp, GFP.DMA)) return "only from zone DMA";
	if (has(gfp, GFP.DMA32)) return "only from zones up to DMA32";
	if (has(gfp, GFP.HIGHMEM | GFP.MOVABLE)) return "for user memory that can be moved: any zone, CMA too";
	if (has(gfp, GFP.HIGHMEM)) return "from any zone but Movable";
	const mobility = has(gfp, GFP.MOVABLE) ? "movable" : has(gfp, GFP.RECLAIMABLE) ? "reclaimable" : "unmovable";
	return `${mobility} kernel memory: zone Normal and below`;
}

function waitWords(gfp: number): string {
	if (!has(gfp, GFP.DIRECT_RECLAIM)) {
		const reserve = has(gfp, GFP.HIGH) ? ", but go below the min mark" : "";
		return `the caller must not wait: no reclaim, no kill${reserve}`;
	}
	if (!has(gfp, GFP.IO)) return "it may wait and reclaim, without any I/O";
	if (!has(gfp, GFP.FS)) return "it may wait and reclaim, without calls into a filesystem";
	return "it may wait, reclaim and have a task killed";
}

const EXTRAS: readonly (readonly [bits: number, words: string])[] = [
	[GFP.NOFAIL, "it must not fail"],
	[GFP.NORETRY, "it gives up after one round"],
	[GFP.RETRY_MAYFAIL, "it retries but nobody is killed for it"],
	[GFP.ACCOUNT, "it is charged to the task's cgroup"],
	[GFP.HARDWALL, "it keeps to the task's cpuset"],
	[GFP.THISNODE, "it stays on one node"],
	[GFP.ZERO, "the page is to be zeroed"],
];

/** A mask in plain words, such as `for user memory that can be moved: any zone, CMA too; it may wait, …`. */
export const maskWords = (gfp: number): string =>
	[zoneWords(gfp), waitWords(gfp), ...EXTRAS.filter(([bits]) => has(gfp, bits)).map(([, words]) => words)].join("; ");

/** What memory was for. */
export function siteStatements({ site }: AskedRequest): Statement[] {
	const { purpose, purposeFunction, place, placeFunction } = site;
	if (purpose === null && place === null) return [];
	const functions = [purposeFunction, placeFunction].filter((name) => name !== null).map((name) => `${name}()`);
	const words = [...(purpose === null ? [] : [`for ${purpose}`]), ...(place === null ? [] : [place])].join(", ");
	const verb = functions.length > 1 ? "are" : "is";
	return [inferred(`By its trace it was ${words}: ${functions.join(" and ")} ${verb} in it.`)];
}

/** The mask in words. The one of a charge to a cgroup says nothing about zones: it is not that of the page. */
export function maskStatements({ gfp, maskText, mask }: AskedRequest, isCharge = false): Statement[] {
	if (mask === null || maskText === null) return [];
	const hex = `0x${mask.mask.toString(16)}`;
	if (gfp === null) return [logged(`Its mask ${hex} cannot be decoded: the log does not say which kernel printed it.`)];
	const text = maskText.includes(hex) ? maskText : `${maskText} (${hex})`;
	if (isCharge)
		return [byKernelRule(`The charge of the page to the cgroup failed; its mask ${text}: ${waitWords(gfp)}.`)];
	return [byKernelRule(`${text} in words: ${maskWords(gfp)}.`)];
}
