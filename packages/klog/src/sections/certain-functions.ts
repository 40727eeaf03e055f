import type { StackTrace } from "./stack-trace.ts";

/** Name of a function without what compilers add, such as `.constprop.0` and `_noprof`. */
const bare = (name: string): string =>
	name.replace(/\.(?:constprop|isra|part|cold)(?:\.\d+)?/g, "").replace(/_noprof$/, "");

/** The functions that a trace is certain of, innermost first, by their names in the source. */
export const certainFunctions = (trace: StackTrace | null): string[] =>
	(trace?.frames ?? []).filter(({ reliable }) => reliable).map((frame) => bare(frame.function));
