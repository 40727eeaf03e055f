import { expect } from "vitest";

/** Paths of what JSON cannot hold: it would be dropped, or become null. */
function unplain(value: unknown, path: string): string[] {
	if (value === null || typeof value === "string" || typeof value === "boolean") return [];
	if (typeof value === "number") return Number.isFinite(value) ? [] : [`${path}: ${value}`];
	if (Array.isArray(value)) return value.flatMap((item: unknown, i) => unplain(item, `${path}[${i}]`));
	if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
		return [`${path}: ${typeof value}`];
	return Object.entries(value).flatMap(([key, item]) => unplain(item, `${path}.${key}`));
}

/** Only plain objects, lists, texts, finite numbers, booleans and null. */
export const expectPlain = (value: unknown): void => expect(unplain(value, "$")).toEqual([]);
