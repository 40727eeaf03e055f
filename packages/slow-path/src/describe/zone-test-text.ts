import { pagesOfOrder } from "@pagelab/base";
import { ALLOC } from "@pagelab/gfp";
import { discountedMark } from "@pagelab/page-model";
import type { AttemptEntry, ZoneTest } from "../attempt-trace.ts";

const MARK_NAMES = ["min", "low", "high"] as const;

/** The name of the mark that was compared with; the high mark is looked at first, to notice that a zone is below it. */
function markName(test: ZoneTest, allocFlags: number): string {
	const named = MARK_NAMES[allocFlags & ALLOC.WMARK_MASK] ?? "min";
	const { zone, mark } = test;
	const own = [zone.wmarkMin, zone.wmarkLow, zone.wmarkHigh][allocFlags & ALLOC.WMARK_MASK] ?? 0;
	return mark - zone.boost !== own && mark - zone.boost === zone.wmarkHigh ? "high" : named;
}

/** What the free pages came down to, as in `1000 free - 3 - 12 highatomic = 985`. */
function leftSide({ free, unusable }: ZoneTest, order: number): { text: string; value: number } {
	const others = pagesOfOrder(order) - 1;
	const value = free - others - unusable;
	if (others === 0 && unusable === 0) return { text: `${free} free`, value };
	const parts = [
		`${free} free`,
		...(others > 0 ? [`${others}`] : []),
		...(unusable > 0 ? [`${unusable} highatomic`] : []),
	];
	return { text: `${parts.join(" - ")} = ${value}`, value };
}

/** What they had to exceed, as in `min 1000 less reserves = 375`. */
function rightSide(test: ZoneTest, allocFlags: number): { text: string; value: number } {
	const { mark, reserve, zone } = test;
	const allowed = discountedMark(mark, allocFlags);
	const value = allowed + reserve;
	const boost = zone.boost > 0 ? ` with boost ${zone.boost}` : "";
	let text = `${markName(test, allocFlags)} ${mark}${boost}`;
	if (allowed !== mark) text += ` less the reserve it may use ${mark - allowed}`;
	if (reserve > 0) text += ` + lowmem reserve ${reserve}`;
	if (value !== mark) text += ` = ${value}`;
	return { text, value };
}

function verdict(test: ZoneTest, left: number, right: number, order: number): string {
	if (test.ok) return left > right ? "" : ", tested again without boost: enough";
	if (left > right) return `, but no free block of order ${order} or more that it may use`;
	return "";
}

/** One zone of a pass in words, as in `Normal: 1000 free, not above min 1000`. */
export function zoneTestText(test: ZoneTest, order: number, allocFlags: number, withNode: boolean): string {
	const name = withNode ? `node ${test.zone.node} ${test.zone.name}` : test.zone.name;
	const left = leftSide(test, order);
	if ((allocFlags & ALLOC.NO_WATERMARKS) !== 0) return `${name}: ${left.text}, whatever the marks`;
	const right = rightSide(test, allocFlags);
	const above = left.value > right.value ? "above" : "not above";
	return `${name}: ${left.text}, ${above} ${right.text}${verdict(test, left.value, right.value, order)}`;
}

/** The test of each zone that decided, in the order tried. */
export function decidingTests({ tests = [] }: AttemptEntry): ZoneTest[] {
	const last = new Map<number, ZoneTest>();
	for (const test of tests) last.set(test.zone.id, test);
	return [...last.values()];
}
