import type { JsonNode } from "./json-node.ts";

/** Splits `mmprobe-buddy-1` into its name and version. */
function splitFormat(format: string): { readonly name: string; readonly version: number } | undefined {
	const match = /^(.+)-([0-9]{1,6})$/.exec(format);
	return match === null ? undefined : { name: match[1] as string, version: Number(match[2]) };
}

/**
 * Checks the `format` field of a recording against the formats that can be read.
 *
 * @returns the one of `known` that it is.
 * @throws InputError that names the known formats; a later version of one is said to be newer.
 */
export function checkFormat<F extends string>(root: JsonNode, known: readonly F[]): F {
	const field = root.get("format");
	const format = field.text();
	const match = known.find((k) => k === format);
	if (match !== undefined) return match;
	const found = splitFormat(format);
	const newer = known.some((k) => {
		const own = splitFormat(k);
		return own !== undefined && own.name === found?.name && own.version < found.version;
	});
	return field.fail(
		newer
			? `the format "${format}" is newer than this version of pagelab, which knows ${known.join(", ")}`
			: `unknown format "${format}", expected ${known.join(" or ")}`,
	);
}
