/** What a user can type at `pagelab step`; gfp masks are numbers by now. */
export type StepOperation =
	| { readonly kind: "alloc"; readonly n: number; readonly order: number; readonly gfp: number; readonly node?: number }
	| { readonly kind: "bulk"; readonly n: number; readonly gfp: number; readonly node?: number }
	| { readonly kind: "exact"; readonly bytes: number; readonly gfp: number }
	| { readonly kind: "free" | "release"; readonly slots: SlotRange }
	| { readonly kind: "drain"; readonly all: boolean }
	| { readonly kind: "memalloc"; readonly on: boolean }
	| { readonly kind: "cpu"; readonly cpu: number }
	| { readonly kind: "decay" | "status" | "slots" | "map" | "help" | "quit" };

/** Slots `first` .. `last`, or all that are in use. */
export type SlotRange = "all" | { readonly first: number; readonly last: number };

interface OperationHelp {
	readonly usage: string;
	readonly what: string;
}

/** All operations, in the order of the help. */
export const OPERATION_HELP: readonly OperationHelp[] = [
	{ usage: "alloc [N] ORDER GFP [node=N]", what: "alloc_pages(), N times; results get slots" },
	{ usage: "bulk N GFP [node=N]", what: "alloc_pages_bulk() of N pages" },
	{ usage: "exact BYTES GFP", what: "alloc_pages_exact()" },
	{ usage: "free SLOT | FIRST-LAST | all", what: "__free_pages() or free_pages_exact()" },
	{ usage: "release SLOT | FIRST-LAST | all", what: "release_pages() in one call" },
	{ usage: "drain [all]", what: "drain_local_pages(), or drain_all_pages()" },
	{ usage: "decay", what: "decay_pcp_high() of each zone" },
	{ usage: "memalloc on | off", what: "PF_MEMALLOC of the task: all reserves" },
	{ usage: "cpu N", what: "go on as CPU N" },
	{ usage: "status", what: "counters of each zone and per-CPU list" },
	{ usage: "slots", what: "what is allocated" },
	{ usage: "map", what: "free lists, pageblocks and watermarks" },
	{ usage: "help", what: "this list" },
	{ usage: "quit", what: "end" },
];

export const OPERATION_NAMES: readonly string[] = OPERATION_HELP.map(({ usage }) => usage.split(" ")[0] ?? "");
