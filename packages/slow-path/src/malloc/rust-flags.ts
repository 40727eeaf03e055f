import type { KernelId } from "@pagelab/base";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_KERNEL_ACCOUNT, GFP_NOWAIT } from "@pagelab/gfp";

/** A constant of rust/kernel/alloc.rs, a `Flags` value (thread.md §4). */
export interface RustFlag {
	readonly name: string;
	readonly mask: number;
	readonly kernels: readonly KernelId[];
}

const ALL: readonly KernelId[] = ["v6.11", "v6.12.0", "v6.12.117"];

/** All constants that safe Rust has. No NOFAIL, NOFS or NOIO is among them. */
export const RUST_FLAGS: readonly RustFlag[] = [
	{ name: "__GFP_ZERO", mask: GFP.ZERO, kernels: ALL },
	{ name: "__GFP_HIGHMEM", mask: GFP.HIGHMEM, kernels: ALL },
	// In 6.12.117; in which release it came is not known.
	{ name: "__GFP_NOWARN", mask: GFP.NOWARN, kernels: ["v6.12.117"] },
	{ name: "GFP_ATOMIC", mask: GFP_ATOMIC, kernels: ALL },
	{ name: "GFP_KERNEL", mask: GFP_KERNEL, kernels: ALL },
	{ name: "GFP_KERNEL_ACCOUNT", mask: GFP_KERNEL_ACCOUNT, kernels: ALL },
	{ name: "GFP_NOWAIT", mask: GFP_NOWAIT, kernels: ALL },
];

/** Allocators of a kernel's Rust side: before the Allocator trait there is kmalloc alone. */
export const rustAllocators = (kernel: KernelId): readonly string[] =>
	kernel === "v6.12.117" ? ["Kmalloc", "Vmalloc", "KVmalloc"] : ["Kmalloc"];

/**
 * The smallest pieces that and, or and not of the constants can tell apart: a mask can be written in safe Rust exactly if it is
 * made of whole pieces. Bits that no constant has are one piece, which only `!` reaches.
 */
export function rustPieces(kernel: KernelId): readonly number[] {
	const constants = RUST_FLAGS.filter((flag) => flag.kernels.includes(kernel)).map((flag) => flag.mask);
	let pieces = [0xffff_ffff];
	for (const mask of constants) {
		pieces = pieces.flatMap((piece) => [(piece & mask) >>> 0, (piece & ~mask) >>> 0]).filter((piece) => piece !== 0);
	}
	return pieces;
}

/** What safe Rust can make of a mask. */
export interface RustSpelling {
	readonly expressible: boolean;
	/** Bits of the mask that come only together with others, or not at all. */
	readonly inseparable: number;
}

/** Can safe Rust say this mask? */
export function rustSpelling(mask: number, kernel: KernelId): RustSpelling {
	const partly = rustPieces(kernel).filter((piece) => (piece & mask) !== 0 && (piece & ~mask) !== 0);
	const inseparable = partly.reduce((bits, piece) => bits | (piece & mask), 0) >>> 0;
	return { expressible: partly.length === 0, inseparable };
}
