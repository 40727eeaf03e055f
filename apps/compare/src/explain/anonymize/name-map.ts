/** Kinds of names, each numbered for itself. */
export type NameKind = "task" | "cgroup" | "cpuset" | "machine";

/** Replaces names by numbered ones, the same by the same, in the order in which they come. */
export class NameMap {
	readonly #names = new Map<NameKind, Map<string, string>>();

	/** Such as `task-1`. */
	replace(kind: NameKind, name: string): string {
		const known = this.#names.get(kind) ?? new Map<string, string>();
		this.#names.set(kind, known);
		const own = known.get(name) ?? `${kind}-${known.size + 1}`;
		known.set(name, own);
		return own;
	}

	/** A path of a hierarchy, such as `/cgroup-1`; the root and no path stay. */
	replacePath(kind: NameKind, path: string): string {
		return path === "/" || path === "" ? path : `/${this.replace(kind, path)}`;
	}

	/** Names of tasks so far with those that stand for them, the longest first. */
	tasks(): [name: string, own: string][] {
		return [...(this.#names.get("task") ?? [])].sort(([a], [b]) => b.length - a.length);
	}
}
