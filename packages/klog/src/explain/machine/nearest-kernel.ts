import { DEFAULT_KERNEL, type KernelId } from "@pagelab/base";
import { isSince, type KernelRelease } from "../../records/kernel-release.ts";
import { inferred, type Statement } from "../statement.ts";

/** The modelled kernel that stands for the one of a log. */
export interface NearestKernel {
	readonly kernel: KernelId;
	/** Null where the log's kernel is modelled itself. */
	readonly note: Statement | null;
}

/** The stable release from which on 6.12.y behaves as the recorded 6.12.117 below alloc_pages (slowpath.md §17). */
const LAST_BUDDY_CHANGE = 67;

const near = (kernel: KernelId, release: string, why: string): NearestKernel => ({
	kernel,
	note: inferred(`Linux ${release} is ${why}: decisions are taken again as Linux ${kernel.slice(1)} takes them.`),
});

/** The profile that a logged kernel is run with: its own, or the nearest, and then a note says so. */
export function nearestKernel(release: KernelRelease | null): NearestKernel {
	if (release === null) {
		const text = `The log does not say which kernel it is: decisions are taken again as Linux ${DEFAULT_KERNEL.slice(1)} takes them.`;
		return { kernel: DEFAULT_KERNEL, note: inferred(text) };
	}
	const [major, minor, patch] = release.version;
	if (!isSince(release, 6, 11)) return near("v6.11", release.release, "older than the modelled kernels");
	if (isSince(release, 6, 13)) return near(DEFAULT_KERNEL, release.release, "newer than the modelled kernels");
	if (major === 6 && minor === 11) return { kernel: "v6.11", note: null };
	if (patch >= LAST_BUDDY_CHANGE) return { kernel: DEFAULT_KERNEL, note: null };
	if (patch === 0) return { kernel: "v6.12.0", note: null };
	return near("v6.12.0", release.release, "between the modelled kernels");
}
