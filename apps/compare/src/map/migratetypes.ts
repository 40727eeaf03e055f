import type { StyleName } from "../cli/style.ts";

export interface MigratetypeLook {
	readonly name: string;
	/** One letter on pageblock maps; the lower-case one is for pageblocks that are at least half free. */
	readonly letter: string;
	readonly style: StyleName;
}

/** By number, as in /proc/pagetypeinfo. */
export const MIGRATETYPE_LOOKS: readonly MigratetypeLook[] = [
	{ name: "Unmovable", letter: "U", style: "red" },
	{ name: "Movable", letter: "M", style: "green" },
	{ name: "Reclaimable", letter: "R", style: "yellow" },
	{ name: "HighAtomic", letter: "H", style: "magenta" },
	{ name: "Isolate", letter: "I", style: "cyan" },
];
