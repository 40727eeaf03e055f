import { DEFAULT_KERNEL, type KernelId } from "@pagelab/base";

/** The stable release from which on 6.12.y behaves as the recorded 6.12.117 below alloc_pages (slowpath.md §17). */
const LAST_BUDDY_CHANGE = 67;

/**
 * The modelled kernel for a `Linux version …` line: 6.11.y is v6.11, early 6.12.y is v6.12.0, later ones are v6.12.117. The
 * default profile where the line says nothing that is modelled.
 */
export function kernelOfVersion(version: string): KernelId {
	const match = /Linux version (\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
	if (match === null) return DEFAULT_KERNEL;
	const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
	if (major !== 6) return DEFAULT_KERNEL;
	if (minor === 11) return "v6.11";
	return minor === 12 && patch < LAST_BUDDY_CHANGE ? "v6.12.0" : DEFAULT_KERNEL;
}
