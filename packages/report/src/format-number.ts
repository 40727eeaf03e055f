import type { Interval } from "./bootstrap-interval.ts";
import type { MetricUnit } from "./metric-definition.ts";

/** Text for a number that does not exist (a p99 without any raw value). */
export const NO_VALUE = "-";

const DECIMALS_MAX = 6;

/**
 * A number with thousands separators and a fixed number of decimals, the same on every platform and in every locale.
 * From 1e15 on, where a double has no decimals left, with an exponent. Never "-0".
 */
export function formatFixed(x: number, decimals: number): string {
	const size = Math.abs(x);
	const [whole = "", fraction] = size.toFixed(decimals).split(".");
	const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
	const digits = fraction === undefined ? grouped : `${grouped}.${fraction}`;
	const text = size >= 1e15 ? size.toExponential(3) : digits;
	return x < 0 && /[1-9]/.test(text) ? `-${text}` : text;
}

/** Decimals that show numbers of the largest one's size with about three digits; none for integers. */
function decimalsForSize(values: readonly number[]): number {
	if (values.every(Number.isInteger)) return 0;
	const size = Math.max(...values.map(Math.abs));
	let decimals = size >= 10 ? 1 : 2;
	for (let scaled = size; scaled < 1 && decimals < DECIMALS_MAX; scaled *= 10) decimals++;
	return decimals;
}

/** One decimal, more where it would round to 0 % or 100 % what is neither. */
function formatShare(share: number): string {
	const isEnd = (text: string): boolean => Number(text) === 0 || Number(text) === 100;
	let decimals = 1;
	while (decimals < DECIMALS_MAX && share !== 0 && share !== 1 && isEnd((share * 100).toFixed(decimals))) decimals++;
	return `${formatFixed(share * 100, decimals)} %`;
}

/** More decimals where a number that is not 0 would be printed as 0; then not more than needed for one digit. */
function decimalsToShow(x: number, decimals: number): number {
	let enough = decimals;
	while (x !== 0 && enough < DECIMALS_MAX && Number(x.toFixed(enough)) === 0) enough++;
	return enough;
}

/** The values of one row, with the same decimals, but 0 as a bare `0`; shares in percent. */
export function formatValues(values: readonly (number | null)[], unit: MetricUnit): string[] {
	const decimals = decimalsForSize(values.filter((v) => v !== null));
	return values.map((v) => {
		if (v === null) return NO_VALUE;
		if (unit === "share") return formatShare(v);
		return v === 0 ? "0" : formatFixed(v, decimalsToShow(v, decimals));
	});
}

/** Decimals that show an interval of this width with two digits or three. */
function decimalsForWidth(width: number): number {
	let decimals = 0;
	for (let scaled = width; scaled < 10 && decimals < DECIMALS_MAX; scaled *= 10) decimals++;
	return decimals;
}

/** A difference with its interval, all three with the same decimals; of shares in percentage points. */
export interface FormattedDifference {
	readonly estimate: string;
	readonly low: string;
	readonly high: string;
}

/**
 * Decimals follow the width of the interval, because digits far below it say nothing. A bound that is not 0 is never
 * printed as 0, since a reader takes that for "may be no difference".
 */
export function formatDifference(
	difference: { readonly estimate: number; readonly low: number; readonly high: number },
	unit: MetricUnit,
): FormattedDifference {
	const scale = unit === "share" ? 100 : 1;
	const [estimate, low, high] = [difference.estimate * scale, difference.low * scale, difference.high * scale];
	const all = [estimate, low, high];
	const width = high - low;
	const fitting = width > 0 && !all.every(Number.isInteger) ? decimalsForWidth(width) : decimalsForSize(all);
	const decimals = Math.max(decimalsToShow(low, fitting), decimalsToShow(high, fitting));
	return {
		estimate: formatFixed(estimate, decimals),
		low: formatFixed(low, decimals),
		high: formatFixed(high, decimals),
	};
}

/** `0.032`, or `< 0.001`. */
export function formatPValue(p: number): string {
	return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

/** Ascending integers with runs drawn together: `1-12, 20`. */
export function formatSeeds(seeds: readonly number[]): string {
	const parts: string[] = [];
	for (let start = 0; start < seeds.length; ) {
		let end = start;
		while (seeds[end + 1] === (seeds[end] ?? 0) + 1) end++;
		parts.push(end > start ? `${seeds[start]}-${seeds[end]}` : `${seeds[start]}`);
		start = end + 1;
	}
	return parts.join(", ");
}

/** A signed difference (`+12`) and its interval (`9 to 15`), each empty where there is none. */
export function formatSigned(
	{ estimate, interval }: { readonly estimate: number | null; readonly interval: Interval | null },
	unit: MetricUnit,
): { readonly difference: string; readonly interval: string } {
	if (estimate === null) return { difference: "", interval: "" };
	const text = formatDifference({ estimate, ...(interval ?? { low: estimate, high: estimate }) }, unit);
	const signed = estimate > 0 && /[1-9]/.test(text.estimate) ? `+${text.estimate}` : text.estimate;
	return { difference: signed, interval: interval === null ? "" : `${text.low} to ${text.high}` };
}
