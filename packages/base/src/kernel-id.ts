import { InputError } from "./errors.ts";

/** Kernels that the memory model knows in full; a profile of every package exists for each. */
export const KERNEL_IDS = ["v6.11", "v6.12.0", "v6.12.117"] as const;
export type KernelId = (typeof KERNEL_IDS)[number];

/** The recorded kernel, and so the default. */
export const DEFAULT_KERNEL: KernelId = "v6.12.117";

/** How well a row of a profile is known, strongest first. */
export const EVIDENCE = ["recorded", "read in source", "inferred"] as const;
export type Evidence = (typeof EVIDENCE)[number];

/** One behaviour switch of a profile with the evidence for its value. */
export interface ProfileRow<T> {
	readonly value: T;
	readonly evidence: Evidence;
	/** Where the fact comes from: a document and section of the reference, or a recording. */
	readonly source: string;
}

/** @throws InputError naming the known kernels. */
export function parseKernelId(text: string): KernelId {
	const id = KERNEL_IDS.find((k) => k === text || k === `v${text}`);
	if (id === undefined) throw new InputError(`unknown kernel "${text}", expected one of ${KERNEL_IDS.join(", ")}`);
	return id;
}
