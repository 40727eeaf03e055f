/** Measurements that OOM policies of user space act on. Memory in pages, unless the name says otherwise. */

/** One line of a PSI file. The averages are in 1/100 %: `avg10=12.34` is 1234. */
export interface PsiLine {
	readonly avg10: number;
	readonly avg60: number;
	readonly avg300: number;
	readonly totalUs: number;
}

/** /proc/pressure/memory, or memory.pressure of a cgroup. */
export interface PsiPressure {
	readonly some: PsiLine;
	readonly full: PsiLine;
}

/** Lines of /proc/meminfo. */
export interface OomMeminfo {
	readonly memTotal: number;
	readonly memAvailable: number;
	/** AnonPages. */
	readonly anonPages: number;
	/** Active(anon) + Inactive(anon) + Shmem: what could be swapped out; needed by lmkd's swap utilisation only. */
	readonly swappable?: number;
	readonly swapTotal: number;
	readonly swapFree: number;
}

/** Counters of /proc/vmstat since boot, and the size of the file LRU lists. */
export interface OomVmstat {
	readonly workingsetRefaultFile: number;
	readonly pgscanDirect: number;
	readonly pgscanKswapd: number;
	readonly pgrefill: number;
	/** nr_active_file + nr_inactive_file. */
	readonly fileLru: number;
}

/** Free pages without CMA against the marks, each summed over the zones with the zone's largest lowmem reserve added. */
export interface ZoneMarks {
	readonly free: number;
	readonly min: number;
	readonly low: number;
	readonly high: number;
}

/** A memory cgroup (v2, unless a field says otherwise). */
export interface OomCgroup {
	/** `/` is the root, `/a/b` lies in `/a`. */
	readonly path: string;
	/** memory.max; no limit if left out. */
	readonly memoryMax?: number;
	/** memory.swap.max; no limit if left out. */
	readonly swapMax?: number;
	/** memory.memsw.limit_in_bytes of cgroup v1: memory and swap together; takes the place of `swapMax`. */
	readonly memswMax?: number;
	/** memory.oom.group. */
	readonly oomGroup?: boolean;
	readonly memoryCurrent: number;
	/** memory.low and memory.min as far as they protect it; 0 if left out. */
	readonly memoryProtection?: number;
	readonly swapCurrent: number;
	/** pgscan of memory.stat, pages since the cgroup was made. */
	readonly pgscan?: number;
	readonly pressure?: PsiPressure;
	/** user.oomd_avoid and user.oomd_omit, or trusted.oomd_prefer and _avoid of oomd. */
	readonly preference?: "none" | "prefer" | "avoid" | "omit";
	/** ManagedOOMSwap=kill. */
	readonly managedOomSwap?: boolean;
	/** ManagedOOMMemoryPressure=kill. */
	readonly managedOomMemoryPressure?: boolean;
	/** ManagedOOMMemoryPressureLimit in 1/100 %; the daemon's default if left out. */
	readonly pressureLimit?: number;
	/** ManagedOOMMemoryPressureDurationSec in ms; the daemon's default if left out. */
	readonly pressureDurationMs?: number;
}
