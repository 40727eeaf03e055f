/** What a snapshot of a running machine has, as `pagelab snapshot` collects it. */

/** Files of /proc; pagetypeinfo and slabinfo can be read by root only. The first three are taken close together. */
export const SNAPSHOT_PROC_FILES = [
	"zoneinfo",
	"buddyinfo",
	"pagetypeinfo",
	"meminfo",
	"vmstat",
	"slabinfo",
	"version",
	"cmdline",
] as const;

/** Files of /proc/sys/vm. */
export const SNAPSHOT_SYSCTLS = [
	"min_free_kbytes",
	"watermark_scale_factor",
	"watermark_boost_factor",
	"lowmem_reserve_ratio",
	"percpu_pagelist_high_fraction",
] as const;

/** Commands that take what `loadState` loads, a snapshot among it. */
export const STATE_COMMANDS = ["map", "step"] as const;
