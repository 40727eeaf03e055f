import type { OomCgroup } from "@pagelab/contracts";

/** mem_cgroup_is_descendant(): is `path` the cgroup `ancestor` itself, or below it? */
export const isBelowCgroup = (path: string, ancestor: string): boolean =>
	ancestor === "/" || path === ancestor || path.startsWith(`${ancestor}/`);

/** The cgroup itself, then its ancestors up to the root. */
export function withAncestors(path: string): string[] {
	const paths = [path];
	for (let at = path; at !== "/"; ) {
		at = at.slice(0, at.lastIndexOf("/")) || "/";
		paths.push(at);
	}
	return paths;
}

/**
 * mem_cgroup_get_oom_group(), cgroup v2: the highest cgroup with memory.oom.group from the victim's up to the OOM domain;
 * undefined where none has it, or the victim has left the domain. The root cgroup is no group.
 */
export function oomGroupOf(memcg: string, domain: string, cgroups: readonly OomCgroup[]): string | undefined {
	if (!isBelowCgroup(memcg, domain)) return undefined;
	const flagged = new Set(cgroups.filter(({ oomGroup }) => oomGroup === true).map(({ path }) => path));
	return withAncestors(memcg).findLast((path) => path !== "/" && isBelowCgroup(path, domain) && flagged.has(path));
}
