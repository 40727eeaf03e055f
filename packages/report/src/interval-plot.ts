import type { Difference } from "./comparison.ts";

/** Size of one plotted interval, in px. */
export interface PlotBox {
	readonly width: number;
	readonly height: number;
}

/** Px with one decimal at most, the same text everywhere. */
const px = (x: number): string => String(Number(x.toFixed(1)));

/**
 * The largest distance from 0 among estimates and interval bounds, so that all designs of one row share a scale with 0 in
 * its middle; 1 where nothing differs.
 */
export function plotReach(differences: readonly Difference[]): number {
	const ends = differences.flatMap((d) => [d.estimate ?? 0, d.interval?.low ?? 0, d.interval?.high ?? 0]);
	return Math.max(...ends.map(Math.abs)) || 1;
}

/** CSS class of a difference: its meaning, not its direction. */
export function plotClass({ outcome, favours }: Difference): string {
	if (outcome === "undecided" || outcome === "no difference shown") return "none";
	return favours === "neither" ? "differs" : favours;
}

/**
 * SVG elements of one difference in a box whose middle is 0: a line for the interval with a tick at each end, a dot for
 * the estimate. The dot is filled where a difference is shown and hollow where none is, so that colour is not needed.
 * Colours come from the classes `axis`, `better`, `worse`, `differs` and `none`.
 */
export function intervalMarks(difference: Difference, reach: number, { width, height }: PlotBox): string {
	const margin = 6;
	const at = (value: number): number => width / 2 + (value / reach) * (width / 2 - margin);
	const middle = height / 2;
	const axis = `<path class="axis" d="M${px(width / 2)} 0V${px(height)}"/>`;
	if (difference.estimate === null) return axis;
	const { interval } = difference;
	const tick = (x: number): string => `M${px(x)} ${px(middle - 4)}v8`;
	const line =
		interval === null
			? ""
			: `<path class="span" d="M${px(at(interval.low))} ${px(middle)}H${px(at(interval.high))}${tick(at(interval.low))}${tick(at(interval.high))}"/>`;
	const dot = `<circle cx="${px(at(difference.estimate))}" cy="${px(middle)}" r="4"/>`;
	return `${axis}<g class="${plotClass(difference)}">${line}${dot}</g>`;
}

/** Rules for the classes of {@link intervalMarks}; the colours are custom properties of the page or picture. */
export const PLOT_STYLE = `.axis{stroke:var(--axis);stroke-width:1;fill:none}
.span{stroke-width:2;fill:none;stroke:currentColor}
circle{fill:currentColor;stroke:currentColor;stroke-width:2}
.none circle{fill:var(--page)}
.better{color:var(--better)}.worse{color:var(--worse)}.differs{color:var(--differs)}.none{color:var(--muted)}`;

/** Colours that also differ for colour-blind eyes (blue and vermilion), each with 4.5 : 1 contrast to the page. */
export const PLOT_COLOURS = {
	light:
		"--page:#fff;--ink:#1b1f24;--muted:#5c6570;--axis:#8a939d;--rule:#d5dae0;--better:#0062a3;--worse:#b34700;--differs:#6b3fa0",
	dark: "--page:#14181d;--ink:#e6e9ed;--muted:#a0a9b3;--axis:#7a848f;--rule:#363d46;--better:#6cb6ff;--worse:#ff9d5c;--differs:#c9a3ff",
} as const;
