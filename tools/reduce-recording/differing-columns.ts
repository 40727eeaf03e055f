import type { ReplayPlan } from "../../packages/trace/src/index.ts";

/** Names of the parts in which two plans differ, as in `pfn[17]`; empty for equal plans. */
export function differingColumns(a: ReplayPlan, b: ReplayPlan): string[] {
	const parts = { ...a, ...prefixed("lifetimes.", a.lifetimes) };
	const others: Readonly<Record<string, unknown>> = { ...b, ...prefixed("lifetimes.", b.lifetimes) };
	return Object.entries(parts).flatMap(([name, value]) => {
		if (name === "lifetimes") return [];
		const other = others[name];
		if (!ArrayBuffer.isView(value)) return JSON.stringify(value) === JSON.stringify(other) ? [] : [name];
		return differingElement(name, value, other as ArrayLike<number>);
	});
}

const prefixed = (prefix: string, record: object): Record<string, unknown> =>
	Object.fromEntries(Object.entries(record).map(([name, value]) => [prefix + name, value]));

function differingElement(name: string, a: ArrayLike<number>, b: ArrayLike<number>): string[] {
	const at = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).find((i) => a[i] !== b[i]);
	return at === undefined ? [] : [`${name}[${at}]`];
}
