import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";
import type { WatermarkRule } from "./watermark-rule.ts";
import type { ZoneCheck } from "./zone-check.ts";

/** Such as `zone DMA32 of node 0`. */
export const zoneText = ({ node, zone }: Pick<ZoneCheck, "node" | "zone">): string => `zone ${zone} of node ${node}`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Such as `327 pages free, minus 20 in CMA blocks (the request is not movable)`. */
export function freeText({ free, cma, highatomic, highatomicMax, blockPages }: ZoneCheck): string {
	const high = highatomicMax > highatomic ? `${highatomic} to ${highatomicMax}` : String(highatomic);
	return [
		`${free} pages free`,
		...(cma > 0 ? [`${cma} of CMA, which only movable requests get`] : []),
		...(highatomicMax > 0 ? [`${high} kept for atomic requests (highatomic)`] : []),
		...(blockPages > 0 ? [`${blockPages} (a block counts as one page)`] : []),
	].join(" minus ");
}

function markText(check: ZoneCheck, { discountText }: WatermarkRule): string {
	const { min, boost, mark } = check;
	const boosted = boost > 0 ? `, ${boost} of it boost` : "";
	return discountText === null ? `${mark} (min${boosted})` : `${mark} (min ${min}${boosted}; ${discountText})`;
}

/** Such as `more than 34 (min) + 183 (lowmem_reserve) = 217`. */
export function neededText(check: ZoneCheck, rule: WatermarkRule): string {
	const mark = markText(check, rule);
	if (check.reserve === 0) return `more than ${mark}`;
	return `more than ${mark} + ${check.reserve} (lowmem_reserve) = ${check.mark + check.reserve}`;
}

function blocksText({ blocks }: ZoneCheck, order: number): string {
	const present = blocks.filter((own) => own.blocks > 0);
	if (present.length === 0) return `there is no free block of order ${order} or above`;
	const letters = present.map((own) => `${own.blocks} of order ${own.order} (${own.types ?? "?"})`).join(", ");
	return `the free blocks of order ${order} and above are of migratetypes that it may not use: ${letters}`;
}

function noBlockText(check: ZoneCheck, order: number, rule: WatermarkRule): string {
	if (rule.orders === "halving" && check.failingOrder !== null) {
		return `without the blocks below order ${check.failingOrder} too few of its free pages are left (the mark is halved order by order in this kernel)`;
	}
	return blocksText(check, order);
}

const intro = (check: ZoneCheck): string => `${capital(zoneText(check))}: ${freeText(check)}`;

/** One sentence with the numbers of one zone. */
export function zoneStatement(check: ZoneCheck, order: number, rule: WatermarkRule): Statement {
	const enough = rule.noWatermarks ? "no mark applies" : `${neededText(check, rule)} are needed`;
	switch (check.verdict) {
		case "below the mark":
			return logged(`${intro(check)}, but ${enough}: ${1 - check.margin} too few.`);
		case "no block":
			return logged(
				check.free === 0
					? `${intro(check)}.`
					: `${intro(check)}, which is enough (${enough}), but ${noBlockText(check, order, rule)}.`,
			);
		case "passes":
			return logged(`${intro(check)}; ${enough}: that is enough.`);
		case "may pass": {
			const why = order > 0 ? "how many of its blocks the request may use" : "how many of them are highatomic";
			return inferred(`${intro(check)}; ${enough}: that may be enough, the log does not say ${why}.`);
		}
		case "not by the mask":
			return byKernelRule(
				`${capital(zoneText(check))}: not for this mask, whatever is free there (${check.free} pages).`,
			);
		case "not by its nodes":
			return logged(`${capital(zoneText(check))} is not on a node that the request may use.`);
		default:
			return logged(`${capital(zoneText(check))}: its numbers are not all in the log.`);
	}
}
