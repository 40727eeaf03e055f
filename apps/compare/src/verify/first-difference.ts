/** Where two pieces of plain data differ first, in the order of the expected one's fields. */
export interface Difference {
	/** As in `nodes[0].zones[1].free[3][1][0]`. */
	readonly path: string;
	readonly expected: unknown;
	readonly actual: unknown;
}

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null;

/** Compares values and all that is in them; undefined if they are equal. Fields named in `except` are not looked at. */
export function firstDifference(
	expected: unknown,
	actual: unknown,
	except: ReadonlySet<string> = new Set(),
	path = "",
): Difference | undefined {
	if (!isObject(expected) || !isObject(actual)) {
		return Object.is(expected, actual) ? undefined : { path, expected, actual };
	}
	if (Array.isArray(expected) && Array.isArray(actual)) {
		const length = Math.max(expected.length, actual.length);
		for (let i = 0; i < length; i++) {
			const found = firstDifference(expected[i], actual[i], except, `${path}[${i}]`);
			if (found !== undefined) return found;
		}
		return undefined;
	}
	for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
		if (except.has(key)) continue;
		const found = firstDifference(expected[key], actual[key], except, path === "" ? key : `${path}.${key}`);
		if (found !== undefined) return found;
	}
	return undefined;
}
