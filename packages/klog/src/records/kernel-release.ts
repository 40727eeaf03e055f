/** A kernel's own name, as `uname -r` says it. */
export interface KernelRelease {
	/** Such as `5.14.0-325.el9.x86_64`. */
	readonly release: string;
	/** Version, patchlevel and sublevel; a missing sublevel counts as 0. */
	readonly version: readonly [number, number, number];
}

const RELEASE = /^(\d{1,2})\.(\d{1,3})(?:\.(\d+))?[\w.+~-]*$/;

/** A word as a kernel release; null for words that do not begin with a version, such as `syzkaller`. */
export function parseKernelRelease(word: string): KernelRelease | null {
	const match = RELEASE.exec(word);
	if (match === null) return null;
	return { release: word, version: [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] };
}

/** True from `major.minor` on. */
export const isSince = (kernel: KernelRelease, major: number, minor: number): boolean =>
	kernel.version[0] > major || (kernel.version[0] === major && kernel.version[1] >= minor);
