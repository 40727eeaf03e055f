/** Whether one name fits a pattern with `*`, without backtracking. */
function matchesName(name: string, pattern: string): boolean {
	const [head = "", ...rest] = pattern.split("*");
	if (rest.length === 0) return name === pattern;
	if (!name.startsWith(head)) return false;
	const tail = rest.pop() as string;
	let at = head.length;
	for (const part of rest) {
		const found = name.indexOf(part, at);
		if (found < 0) return false;
		at = found + part.length;
	}
	return name.length - tail.length >= at && name.endsWith(tail);
}

/** Whether a cgroup's path fits a pattern in which `*` stands for any part of one name: `/user.slice/user-*.slice`. */
export function matchesCgroup(path: string, pattern: string): boolean {
	const names = path.split("/");
	const patterns = pattern.split("/");
	return names.length === patterns.length && names.every((name, i) => matchesName(name, patterns[i] as string));
}
