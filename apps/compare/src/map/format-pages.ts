import { kbOfPages } from "@pagelab/base";

const UNITS = ["KiB", "MiB", "GiB", "TiB"] as const;

/** A page count as memory with three significant digits at most: `512 KiB`, `40.8 MiB`, `1.25 GiB`. */
export function formatPages(pages: number): string {
	let value = kbOfPages(pages);
	let unit = 0;
	while (value >= 1024 && unit < UNITS.length - 1) {
		value /= 1024;
		unit++;
	}
	const digits = Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
	return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A count in at most five characters: `99999`, `123k`, `45M`. */
export function shortCount(n: number): string {
	if (n < 100_000) return String(n);
	return n < 10_000_000 ? `${Math.floor(n / 1000)}k` : `${Math.floor(n / 1_000_000)}M`;
}
