import { asTaskFlags } from "@pagelab/base";
import { formatTaskFlags } from "@pagelab/memalloc";

/** Task flags as scopes are called in speech: `NOFS`, `NOIO`, `MEMALLOC`; empty for none. */
export const scopeName = (taskFlags: number): string =>
	taskFlags === 0
		? ""
		: formatTaskFlags(asTaskFlags(taskFlags), "v6.11")
				.split("|")
				.map((name) => name.replace(/^PF_(?:MEMALLOC_)?/, ""))
				.join("|");
