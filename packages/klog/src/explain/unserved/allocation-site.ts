import { certainFunctions } from "../../sections/certain-functions.ts";
import type { StackTrace } from "../../sections/stack-trace.ts";

/** What memory was for, as far as the functions of a trace tell. */
export interface AllocationSite {
	/** Such as `a page table`; null where no function tells. */
	readonly purpose: string | null;
	/** Function that tells the purpose. */
	readonly purposeFunction: string | null;
	/** Such as `in a page fault`; null where no function tells. */
	readonly place: string | null;
	readonly placeFunction: string | null;
}

type Table = readonly (readonly [words: string, names: RegExp])[];

/** The more telling ones first: memory for a network buffer also passes kmalloc and slab. */
const PURPOSES: Table = [
	[
		"the kernel stack and the task_struct of a new task",
		/^(?:alloc_thread_stack_node|dup_task_struct|alloc_thread_info\w*)$/,
	],
	["a page table", /^(?:pte_alloc_one|__pte_alloc\w*|__p[mu4]d_alloc|pgd_alloc|__get_pgd|get_zeroed_page_pgd)$/],
	[
		"a huge page of hugetlb",
		/^(?:alloc_(?:fresh|surplus|pool|buddy)_\w*(?:huge|hugetlb)\w*|hugetlb_\w+|alloc_huge_page)$/,
	],
	["a transparent huge page", /^(?:do_huge_pmd_\w+|khugepaged\w*|collapse_huge_page|vma_alloc_anon_folio_pmd)$/],
	["shared memory or tmpfs", /^shmem_\w+$/],
	[
		"a page that is swapped in",
		/^(?:do_swap_page|swapin_\w+|read_swap_cache_async|swap_cluster_readahead|swap_vma_readahead)$/,
	],
	["the copy of a page on write", /^(?:do_wp_page|wp_page_copy|do_cow_fault|hugetlb_wp)$/],
	["anonymous memory", /^(?:do_anonymous_page|alloc_anon_folio)$/],
	[
		"the page cache, to write a file",
		/^(?:\w*_write_begin|generic_perform_write|iomap_(?:file_buffered_write|write_iter)|grab_cache_page_write_begin|generic_file_buffered_write)$/,
	],
	[
		"the page cache, to read a file",
		/^(?:filemap_(?:fault|read|get_pages|alloc_folio|create_folio)|page_cache_(?:ra_\w+|a?sync_ra|sync_readahead|async_readahead)|__do_page_cache_readahead|(?:do_sync_mmap|ondemand|force_page_cache|ra_submit)\w*readahead|generic_file_(?:buffered_)?read\w*|do_generic_file_read\w*|read_cache_\w+|do_read_cache_\w+)$/,
	],
	[
		"the page cache",
		/^(?:__page_cache_alloc|pagecache_get_page|__filemap_get_folio|find_or_create_page|__getblk\w*|bread_gfp|grow_dev_\w+|grow_buffers)$/,
	],
	[
		"network buffers",
		/^(?:__alloc_skb|alloc_skb\w*|alloc_skb_with_frags|skb_page_frag_refill|sk_page_frag_refill|page_frag_alloc\w*|__?napi_alloc_\w+|__netdev_alloc\w*|sock_alloc_send_\w+|page_pool_\w+|pskb_expand_head)$/,
	],
	["compressed swap (zram or zswap)", /^(?:zs_malloc|alloc_zspage|zram_\w+|zswap_\w+|zbud_alloc|z3fold_alloc)$/],
	["the buffers of an RPC server (NFS)", /^(?:svc_recv|svc_alloc_arg|svc_get_next_xprt)$/],
	["a pipe", /^(?:anon_)?pipe_write$/],
	["graphics memory", /^(?:i915_|amdgpu_|ttm_|drm_gem|nouveau_|radeon_|__i915|shmem_get_pages|vmw_)\w*$/],
	[
		"memory that a device accesses (DMA)",
		/^(?:dma_(?:generic_|direct_)?alloc\w*|__dma_(?:direct_)?alloc\w*|dmam_alloc\w*|swiotlb_alloc\w*)$/,
	],
	["per-CPU memory", /^(?:pcpu_\w+|__alloc_percpu\w*)$/],
	["a virtually contiguous area (vmalloc)", /^(?:__vmalloc\w*|vmalloc\w*|vzalloc\w*|kvmalloc\w*|__kvmalloc\w*)$/],
	[
		"a slab of kernel objects",
		/^(?:new_slab|allocate_slab|___?slab_alloc|cache_grow\w*|cache_alloc_refill|kmem_cache_alloc\w*|__kmalloc\w*|kmalloc_(?:order|large)\w*|____?cache_alloc\w*|fallback_alloc)$/,
	],
];

const PLACES: Table = [
	[
		"in fork() or clone()",
		/^(?:kernel_clone|_do_fork|do_fork|__do_sys_clone3?|__x64_sys_clone|sys_clone|copy_process)$/,
	],
	[
		"in a page fault",
		/^(?:handle_mm_fault|__handle_mm_fault|do_user_addr_fault|exc_page_fault|(?:__)?do_page_fault|asm_exc_page_fault|page_fault|do_translation_fault|do_mem_abort|pagefault_out_of_memory)$/,
	],
	["in execve()", /^(?:(?:__)?do_execve\w*|bprm_execve|load_elf_binary)$/],
	["in mmap() or mlock()", /^(?:populate_vma_page_range|__mm_populate|vm_mmap_pgoff)$/],
	["in ioctl()", /^(?:(?:__x64_|__se_|__do_)?sys_ioctl|do_vfs_ioctl|vfs_ioctl)$/],
	["in write()", /^(?:vfs_write\w*|ksys_write|do_iter_write|new_sync_write|vfs_iter_write)$/],
	["in read()", /^(?:vfs_read\w*|ksys_read|do_iter_read|new_sync_read)$/],
	["in a socket call", /^(?:__sys_sendto|__sys_sendmsg|__sys_recv\w*|sock_sendmsg\w*|___sys_sendmsg|sys_socket)$/],
	["in a kernel worker (workqueue)", /^(?:worker_thread|process_one_work)$/],
	["in a kernel thread", /^kthread$/],
];

function find(names: readonly string[], table: Table): readonly [words: string | null, name: string | null] {
	for (const [words, pattern] of table) {
		const name = names.find((candidate) => pattern.test(candidate));
		if (name !== undefined) return [words, name];
	}
	return [null, null];
}

/** What a request was for and where it came from, by the certain functions of its trace. */
export function allocationSite(trace: StackTrace | null): AllocationSite {
	const names = certainFunctions(trace);
	const [purpose, purposeFunction] = find(names, PURPOSES);
	const [place, placeFunction] = find(names, PLACES);
	return { purpose, purposeFunction, place, placeFunction };
}
