/** A cache as /sys/kernel/slab shows it. */
export interface RecordedCache {
	readonly name: string;
	readonly objectSize: number;
	readonly size: number;
	readonly align: number;
	readonly order: number;
	readonly objects: number;
	readonly minPartial: number;
	/** Objects that a CPU's partial list is meant for. */
	readonly cpuPartial: number;
	/** r reclaim account, h hardware cache alignment, d DMA, u type-safe by RCU, c constructor, i link inside (not from /sys but from its source). */
	readonly flags: string;
}

/** Present CPUs of the machine; as many are possible. */
export const RECORDED_CPUS = 2;

/**
 * All different caches of a running Linux 6.18 (x86-64, two CPUs), from /sys/kernel/slab: name, object_size, slab_size, align,
 * order, objs_per_slab, min_partial, cpu_partial, flags. The rules in question are those of 6.11 and 6.12; what 6.18 changed of
 * slab (per-CPU sheaves) does not touch these numbers. A name with a colon stands for merged caches.
 */
const ROWS = `
dma-kmalloc-8 8 8 8 0 512 5 120 d
kmalloc-8 8 8 8 0 512 5 120 -
kmalloc-rcl-8 8 8 8 0 512 5 120 r
:A-0000016 16 16 8 0 256 5 120 -
:a-0000016 16 16 8 0 256 5 120 r
:aA-0000016 16 16 16 0 256 5 120 rh
dma-kmalloc-16 16 16 16 0 256 5 120 d
kmalloc-16 16 16 16 0 256 5 120 -
kmalloc-rcl-16 16 16 16 0 256 5 120 r
:0000024 24 24 8 0 170 5 120 -
:0000032 32 32 8 0 128 5 120 -
:a-0000032 32 32 8 0 128 5 120 r
:aA-0000032 32 32 32 0 128 5 120 rh
dma-kmalloc-32 32 32 32 0 128 5 120 d
kmalloc-32 32 32 32 0 128 5 120 -
kmalloc-rcl-32 32 32 32 0 128 5 120 r
:0000040 40 40 8 0 102 5 120 -
:a-0000040 40 40 8 0 102 5 120 r
:0000048 48 48 8 0 85 5 120 -
:a-0000048 48 48 8 0 85 5 120 r
:0000056 56 56 8 0 73 5 120 -
:a-0000056 56 56 8 0 73 5 120 r
:0000064 64 64 64 0 64 5 120 h
:A-0000064 64 64 8 0 64 5 120 -
:a-0000064 64 64 8 0 64 5 120 r
dma-kmalloc-64 64 64 64 0 64 5 120 d
kmalloc-64 64 64 64 0 64 5 120 -
kmalloc-rcl-64 64 64 64 0 64 5 120 r
:0000072 72 72 8 0 56 5 120 -
:0000080 80 80 8 0 51 5 120 -
:0000088 88 88 8 0 46 5 120 -
:0000096 96 96 8 0 42 5 120 -
dma-kmalloc-96 96 96 32 0 42 5 120 d
kmalloc-96 96 96 32 0 42 5 120 -
kmalloc-rcl-96 96 96 32 0 42 5 120 r
:0000104 104 104 8 0 39 5 120 -
:a-0000104 104 104 8 0 39 5 120 r
anon_vma 96 104 8 0 39 5 120 uc
:0000112 112 112 8 0 36 5 120 -
:a-0000112 112 112 8 0 36 5 120 r
:0000120 120 120 8 0 34 5 120 -
:a-0000120 120 120 8 0 34 5 120 r
jbd2_journal_head 112 120 8 0 34 5 120 ru
:0000128 128 128 64 0 32 5 120 h
bio-120 120 128 64 0 32 5 120 hu
dma-kmalloc-128 128 128 128 0 32 5 120 d
kmalloc-128 128 128 128 0 32 5 120 -
kmalloc-rcl-128 128 128 128 0 32 5 120 r
kmem_cache_node 72 128 64 0 32 5 120 h
memdup_user-128 128 128 8 0 32 5 120 -
:0000136 136 136 8 0 30 5 120 -
:a-0000136 136 136 8 0 30 5 120 r
:0000160 160 160 8 0 25 5 120 -
:0000168 168 168 8 0 24 5 120 -
:a-0000168 168 168 8 0 24 5 120 r
:0000176 176 176 8 0 23 5 120 -
:0000184 184 184 8 0 22 5 120 -
:a-0000184 184 184 8 0 22 5 120 r
:0000192 192 192 8 0 21 5 120 -
:A-0000192 184 192 64 0 21 5 120 h
:a-0000192 192 192 64 0 21 5 120 rh
bio-184 184 192 64 0 21 5 120 hu
dentry 192 192 8 0 21 5 120 r
dma-kmalloc-192 192 192 64 0 21 5 120 d
kmalloc-192 192 192 64 0 21 5 120 -
kmalloc-rcl-192 192 192 64 0 21 5 120 r
userfaultfd_ctx_cache 176 192 64 0 21 5 120 hc
vm_area_struct 192 192 64 0 21 5 120 hui
:0000200 200 200 8 0 20 5 120 -
:0000208 208 208 8 0 19 5 120 -
:a-0000208 208 208 8 0 19 5 120 r
:0000216 216 216 8 0 18 5 120 -
:0000232 232 232 8 0 17 5 120 -
:0000240 240 240 8 0 17 5 120 -
:0000248 248 248 8 0 16 5 120 -
:0000256 256 256 64 0 16 5 52 h
:A-0000256 256 256 8 0 16 5 52 -
:a-0000256 208 256 64 0 16 5 52 rh
bfilp 208 256 64 0 16 5 52 hu
bio-248 248 256 64 0 16 5 52 hu
dma-kmalloc-256 256 256 256 0 16 5 52 d
kmalloc-256 256 256 256 0 16 5 52 -
kmalloc-rcl-256 256 256 256 0 16 5 52 r
kmem_cache 232 256 64 0 16 5 52 h
skbuff_head_cache 224 256 64 0 16 5 52 h
tw_sock_TCP 248 256 8 0 16 5 52 u
:0000272 272 272 8 0 15 5 52 -
:0000280 280 280 8 0 14 5 52 -
:0000288 288 288 8 0 14 5 52 -
:0000312 312 312 8 0 13 5 52 -
:0000320 296 320 64 0 12 5 52 h
bio-264 264 320 64 0 12 5 52 hu
bio-312 312 320 64 0 12 5 52 hu
request_sock_TCP 312 320 8 0 12 5 52 u
:0000344 344 344 8 1 23 5 52 -
:a-0000376 376 376 8 1 21 5 52 r
:A-0000384 384 384 64 1 21 5 52 h
:a-0000384 352 384 64 1 21 5 52 rh
bio-376 376 384 64 1 21 5 52 hu
request_sock_subflow_v4 384 392 8 1 20 5 52 u
:0000416 416 416 8 1 19 5 52 -
:0000432 432 432 8 1 18 5 52 -
:0000440 440 440 8 1 18 5 52 -
bio-392 392 448 64 1 18 5 52 hu
:0000456 456 456 8 1 17 5 52 -
:0000480 480 480 8 1 17 5 52 -
uts_namespace 488 488 8 1 16 5 52 -
:0000512 512 512 256 1 16 5 52 -
bio-448 448 512 64 1 16 5 52 hu
dma-kmalloc-512 512 512 512 1 16 5 52 d
kmalloc-512 512 512 512 1 16 5 52 -
kmalloc-rcl-512 512 512 512 1 16 5 52 r
memdup_user-512 512 512 8 1 16 5 52 -
:0000560 560 560 8 1 14 5 52 -
:0000576 576 576 64 1 14 5 52 h
radix_tree_node 576 584 8 1 14 5 52 rc
inode_cache 616 624 8 1 13 5 52 rc
hugetlbfs_inode_cache 624 632 8 2 25 5 52 c
debugfs_inode_cache 632 640 8 1 12 5 52 rc
tracefs_inode_cache 648 656 8 1 12 5 52 rc
:A-0000672 672 672 8 1 12 5 52 -
:0000688 688 688 8 2 23 5 52 -
erofs_inode 688 696 8 2 23 5 52 rc
:0000704 704 704 64 2 23 5 52 -
:A-0000704 704 704 64 2 23 5 52 h
ovl_inode 696 704 8 2 23 5 52 rc
squashfs_inode_cache 680 704 64 2 23 5 52 rhc
shmem_inode_cache 744 752 8 2 21 5 52 c
dax_cache 760 768 64 2 21 5 52 rhc
:0000832 816 832 64 2 19 5 52 h
sock_inode_cache 768 832 64 2 19 5 52 rhc
fuse_inode 848 896 64 2 18 5 52 rhc
mqueue_inode_cache 936 960 64 2 17 5 52 hc
:0000984 984 984 8 2 16 5 52 -
btrfs_inode 1008 1016 8 2 16 5 52 rc
:0001024 1024 1024 64 2 16 5 24 h
:A-0001024 1016 1024 64 2 16 5 24 h
dma-kmalloc-1k 1024 1024 1024 2 16 5 24 d
kmalloc-1k 1024 1024 1024 2 16 5 24 -
kmalloc-rcl-1k 1024 1024 1024 2 16 5 24 r
memdup_user-1k 1024 1024 8 2 16 5 24 -
xfs_inode 984 1024 64 2 16 5 24 rhc
ext4_inode_cache 1120 1128 8 2 14 5 24 rc
:a-0001144 1144 1144 8 2 14 5 24 r
:A-0001152 1152 1152 64 2 14 5 24 h
:0001232 1232 1232 8 2 13 5 24 -
:A-0001280 1240 1280 64 2 12 5 24 h
:A-0001344 1344 1344 64 2 12 5 24 h
:0001352 1352 1352 8 2 12 5 24 -
:A-0001472 1472 1472 64 3 22 5 24 h
bdev_cache 1520 1536 64 3 21 5 24 rhc
mm_struct 1568 1600 64 3 20 5 24 h
MPTCP 1936 1984 64 3 16 5 24 hu
:0002048 2048 2048 64 3 16 5 24 h
dma-kmalloc-2k 2048 2048 2048 3 16 5 24 d
kmalloc-2k 2048 2048 2048 3 16 5 24 -
kmalloc-rcl-2k 2048 2048 2048 3 16 5 24 r
memdup_user-2k 2048 2048 8 3 16 5 24 -
MPTCPv6 2064 2112 64 3 15 5 24 hu
sighand_cache 2080 2112 64 3 15 5 24 huc
:a-0002168 2168 2168 8 3 15 5 24 r
:0002240 2184 2240 64 3 14 5 24 h
TCP 2304 2368 64 3 13 5 24 hu
TCPv6 2432 2496 64 3 13 5 24 hu
x86_emulator 2672 2672 16 3 12 5 24 -
:0004096 4096 4096 64 3 8 6 6 h
dma-kmalloc-4k 4096 4096 4096 3 8 6 6 d
kmalloc-4k 4096 4096 4096 3 8 6 6 -
kmalloc-rcl-4k 4096 4096 4096 3 8 6 6 r
memdup_user-4k 4096 4096 8 3 8 6 6 -
:a-0004232 4232 4232 8 3 7 6 6 r
:A-0004288 4288 4288 64 3 7 6 6 -
task_struct 5888 5888 64 3 5 6 6 -
dma-kmalloc-8k 8192 8192 8192 3 4 6 6 d
kmalloc-8k 8192 8192 8192 3 4 6 6 -
kmalloc-rcl-8k 8192 8192 8192 3 4 6 6 r
memdup_user-8k 8192 8192 8 3 4 6 6 -
kvm_vcpu 51488 51488 16 4 1 7 6 -
`;

export const RECORDED_CACHES: readonly RecordedCache[] = ROWS.trim()
	.split("\n")
	.map((row) => {
		const [name = "", ...rest] = row.split(" ");
		const [objectSize = 0, size = 0, align = 0, order = 0, objects = 0, minPartial = 0, cpuPartial = 0] =
			rest.map(Number);
		return { name, objectSize, size, align, order, objects, minPartial, cpuPartial, flags: rest.at(-1) ?? "" };
	});
