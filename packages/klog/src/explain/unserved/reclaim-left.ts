import type { MemInfo } from "../../sections/mem-info.ts";
import { inferred, logged, type Statement } from "../statement.ts";
import type { ZoneCheck } from "./zone-check.ts";

/** What was left for reclaim in the zones that a request may use, in pages. */
export interface ReclaimLeft {
	/** Pages on the file lists. */
	readonly file: number;
	/** Pages on the anonymous lists, which need free swap. */
	readonly anon: number;
	/** Free swap; null where the log does not say. */
	readonly swapFree: number | null;
	/** Swap in all; 0 for none. */
	readonly swapTotal: number | null;
	/** Pages of these zones. */
	readonly managed: number;
}

/** Share of the zones below which some rest is always there. */
const REST_SHARE = 0.02;

/** Null where the log has no LRU counters for the zones. */
export function reclaimLeft(memInfo: MemInfo, checks: readonly ZoneCheck[]): ReclaimLeft | null {
	const pageKb = memInfo.pageKb ?? 4;
	const pages = (kb: number | undefined): number => Math.floor((kb ?? 0) / pageKb);
	const allowed = memInfo.zones.filter(({ node, zone }) =>
		checks.some((check) => check.node === (node ?? 0) && check.zone === zone && !check.verdict.startsWith("not by")),
	);
	if (allowed.every(({ counters }) => counters.inactive_file === undefined)) return null;
	const sum = (names: readonly string[]): number =>
		allowed.reduce((total, { counters }) => total + names.reduce((own, name) => own + pages(counters[name]), 0), 0);
	const swap = memInfo.swap;
	return {
		file: sum(["active_file", "inactive_file"]),
		anon: sum(["active_anon", "inactive_anon"]),
		swapFree: swap === null || swap.freeKb === null ? null : pages(swap.freeKb),
		swapTotal: swap === null || swap.totalKb === null ? null : pages(swap.totalKb),
		managed: allowed.reduce((total, { counters }) => total + pages(counters.managed ?? counters.present), 0),
	};
}

function anonText({ anon, swapFree, swapTotal }: ReclaimLeft): string {
	const pages = `${anon} pages of anonymous memory`;
	if (swapTotal === 0) return `${pages} cannot be reclaimed, since there is no swap`;
	if (swapFree === 0) return `${pages} cannot be reclaimed, since swap is full`;
	if (swapFree === null) return `whether its ${pages} could have been swapped out the log does not say`;
	return `${pages} might have been swapped out (${swapFree} pages of swap are free)`;
}

/** What reclaim could still have taken, and what it means that the kernel gave up all the same. */
export function reclaimStatements(left: ReclaimLeft | null, smallest: number | null): Statement[] {
	if (left === null) return [];
	const text = `Left for reclaim in the zones that it may use: ${left.file} pages of files; ${anonText(left)}.`;
	const canSwap = left.swapFree === null ? 0 : Math.min(left.anon, left.swapFree);
	const much = smallest !== null && left.file + canSwap > Math.max(4 * smallest, left.managed * REST_SHARE);
	return [
		logged(text),
		...(much
			? [
					inferred(
						"That is more than is missing, so reclaim had tried and freed nothing of it several times over: such pages were dirty, under writeback, mapped and in use, locked, or counted on lists that reclaim could not isolate them from.",
					),
				]
			: []),
	];
}
