/**
 * The steps of __alloc_pages() (E) and of its slow path (S), as slowpath.md §1-2 numbers them, in the order of the kernel's
 * code. S7 to S20 repeat.
 */
export const RUNGS = [
	"E1",
	"E2",
	"E3",
	"E4",
	"E5",
	"E6",
	"E7",
	"E8",
	"S0",
	"S1",
	"S2",
	"S3",
	"S4",
	"S5",
	"S6",
	"S7",
	"S8",
	"S9",
	"S10",
	"S11",
	"S12",
	"S13",
	"S14",
	"S15",
	"S16",
	"S17",
	"S18",
	"S19",
	"S20",
	"S21",
] as const;
export type Rung = (typeof RUNGS)[number];

/** How a rung ended. */
export type RungOutcome =
	/** A pass or a run of compaction found the page. */
	| "page"
	| "no page"
	/** The climb goes on with the next rung. */
	| "goes on"
	/** To S7, for another round. */
	| "retry"
	/** To S1: the nodes that the request may use changed. */
	| "restart"
	/** To S20. */
	| "nopage"
	/** NULL. */
	| "fails"
	/** A pass on the way of one rung, whose own end follows. */
	| "woken"
	| "warned"
	| "silent"
	/** The page was found and taken back. */
	| "refused"
	/** An exhaustion policy ended the task. */
	| "ended";
