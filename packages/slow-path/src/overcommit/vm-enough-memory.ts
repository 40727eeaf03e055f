/** vm.overcommit_memory. */
export type OvercommitMode = "guess" | "always" | "never";

/** What __vm_enough_memory() looks at, in pages. */
export interface OvercommitState {
	readonly mode: OvercommitMode;
	/** totalram_pages() and total_swap_pages. */
	readonly totalram: number;
	readonly totalSwap: number;
	/** hugetlb_total_pages(). */
	readonly hugetlb: number;
	/** vm_committed_as, the request already added. */
	readonly committed: number;
	/** vm.overcommit_ratio in per cent, or the limit of vm.overcommit_kbytes. */
	readonly limit: { readonly ratio: number } | { readonly pages: number };
	/** sysctl_admin_reserve_kbytes; not kept from a task with CAP_SYS_ADMIN. */
	readonly adminReserve: number;
	/** sysctl_user_reserve_kbytes, and total_vm of the mm that asks; undefined where there is none. */
	readonly userReserve: number;
	readonly totalVm: number | undefined;
}

const PAGES_OF_8_MIB = 2048;
const PAGES_OF_128_MIB = 32_768;

/** init_admin_reserve() and init_user_reserve(): what is kept by default, from the free pages at boot. */
export const overcommitReserves = (freeAtBoot: number): Pick<OvercommitState, "adminReserve" | "userReserve"> => ({
	adminReserve: Math.min(Math.floor(freeAtBoot / 32), PAGES_OF_8_MIB),
	userReserve: Math.min(Math.floor(freeAtBoot / 32), PAGES_OF_128_MIB),
});

/** vm_commit_limit() of mm/util.c. */
export function commitLimit({ totalram, totalSwap, hugetlb, limit }: OvercommitState): number {
	const share = "pages" in limit ? limit.pages : Math.floor(((totalram - hugetlb) * limit.ratio) / 100);
	return share + totalSwap;
}

/**
 * __vm_enough_memory() of mm/util.c, 6.11 to 6.12: the limit that a user's mappings meet before any page is asked for
 * (sizes-and-limits.md §1). Allocations of the kernel never come here.
 *
 * @param pages of the new mapping.
 * @returns false for -ENOMEM.
 */
export function vmEnoughMemory(pages: number, capSysAdmin: boolean, state: OvercommitState): boolean {
	if (state.mode === "always") return true;
	if (state.mode === "guess") return pages <= state.totalram + state.totalSwap;
	const adminReserve = capSysAdmin ? 0 : state.adminReserve;
	const userReserve = state.totalVm === undefined ? 0 : Math.min(Math.floor(state.totalVm / 32), state.userReserve);
	return state.committed < commitLimit(state) - adminReserve - userReserve;
}
