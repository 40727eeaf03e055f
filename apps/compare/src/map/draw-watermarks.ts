import { ZONE_NAMES } from "@pagelab/gfp";
import type { ZoneState } from "@pagelab/page-model";
import type { Style } from "../cli/style.ts";
import { formatPages } from "./format-pages.ts";

const BAR = 60;
const INDENT = "  ";
/** Columns right of the indent. */
const WIDTH = 78;
const TICK_GAP = "  ";
const MARKS = ["min", "low", "high", "promo"] as const;

/** Pages of a zone that a watermark test sees, and the marks with boost, as every reader in the kernel adds it. */
const boostedMarks = (zone: ZoneState): readonly number[] => zone.wmark.map((mark) => mark + zone.boost);

/** The right end of the bar in pages: the marks fill its first half, so that free pages near them can be told apart. */
const barEnd = (zone: ZoneState): number => Math.max(1, ...boostedMarks(zone)) * 2;

/** Free pages against min, low, high and promo, the reserve against lower zones, and the boost. */
export function drawWatermarks(zone: ZoneState, style: Style): string[] {
	const free = zone.nrFreePages;
	const high = (zone.wmark[2] ?? 0) + zone.boost;
	const factor = high === 0 ? "" : `, ${(free / high).toFixed(free < 10 * high ? 2 : 0)} x high`;
	const lines = [
		`${INDENT}${style("dim", "watermarks")}  ${free} pages free (${formatPages(Math.max(0, free))})${factor}`,
		`${INDENT}${drawBar(zone, style)}`,
		`${INDENT}${drawTicks(zone, style)}`,
	];
	const extra = [drawBoost(zone), drawFlags(zone), drawReserve(zone)].filter((line) => line !== "");
	return [...lines, ...extra.map((line) => `${INDENT}${line}`)];
}

const column = (pages: number, end: number): number => Math.min(BAR, Math.max(0, Math.round((pages * BAR) / end)));

/** Colour of the filled part: red below min, yellow below high. */
function pressure(zone: ZoneState): "red" | "yellow" | "green" {
	const [min = 0, , high = 0] = boostedMarks(zone);
	if (zone.nrFreePages <= min) return "red";
	return zone.nrFreePages <= high ? "yellow" : "green";
}

function drawBar(zone: ZoneState, style: Style): string {
	const end = barEnd(zone);
	const filled = column(zone.nrFreePages, end);
	const beyond = zone.nrFreePages > end;
	return (
		style(pressure(zone), "█".repeat(filled)) +
		style("dim", "░".repeat(BAR - filled)) +
		(beyond ? style(pressure(zone), " ▶") : ` ${formatPages(end)}`)
	);
}

/** `^min 227  ^low 283 ...`, each tick under its place on the bar; ticks that would touch move apart. */
function drawTicks(zone: ZoneState, style: Style): string {
	const end = barEnd(zone);
	const ticks = boostedMarks(zone).map((mark, i) => ({ at: column(mark, end), text: `^${MARKS[i]} ${mark}` }));
	let line = "";
	ticks.forEach(({ at, text }, i) => {
		// Ticks after this one need their room too.
		const rest = ticks
			.slice(i)
			.map((tick) => tick.text)
			.join(TICK_GAP).length;
		line = (i === 0 ? "" : line + TICK_GAP).padEnd(Math.min(at, WIDTH - rest)) + text;
	});
	return style("dim", line);
}

const ZONE_FLAG_NAMES = ["boosted", "reclaim active", "below high"] as const;

/** Names of the zone's flags. */
export const zoneFlagNames = (zone: ZoneState): readonly string[] =>
	ZONE_FLAG_NAMES.filter((_, bit) => (zone.flags & (1 << bit)) !== 0);

const drawBoost = (zone: ZoneState): string =>
	zone.boost === 0 ? "" : `boost ${zone.boost} pages, contained in all four marks`;

const drawFlags = (zone: ZoneState): string => {
	const names = zoneFlagNames(zone);
	return names.length === 0 ? "" : `zone flags: ${names.join(", ")}`;
};

/** Pages that requests allowed into higher zones must leave here, on top of the mark. */
function drawReserve(zone: ZoneState): string {
	const reserved = zone.lowmemReserve
		.map((pages, idx) => ({ pages, name: ZONE_NAMES[idx] ?? `zone ${idx}` }))
		.filter(({ pages, name }) => pages > 0 && name !== "Device");
	if (reserved.length === 0) return "";
	return `lowmem_reserve against ${reserved.map(({ name, pages }) => `${name} ${pages}`).join(", ")}`;
}
