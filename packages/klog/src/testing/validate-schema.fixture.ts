import type { SchemaNode } from "../schema/schema-node.ts";

/** Where and why a value does not fit a schema; [] where it fits. Knows the keywords of {@link SchemaNode}. */
export function schemaErrors(root: SchemaNode, value: unknown): string[] {
	const check = (node: SchemaNode, part: unknown, path: string): string[] => {
		if (node.$ref !== undefined) return check(resolve(root, node.$ref), part, path);
		const errors = [...typeErrors(node, part, path), ...valueErrors(node, part, path)];
		if (node.anyOf !== undefined && !node.anyOf.some((choice) => check(choice, part, path).length === 0)) {
			const closest =
				node.anyOf.map((choice) => check(choice, part, path)).sort((a, b) => a.length - b.length)[0] ?? [];
			errors.push(`${path}: none of the choices`, ...closest);
		}
		if (Array.isArray(part)) part.forEach((item, i) => errors.push(...itemErrors(node, item, i)));
		else if (typeof part === "object" && part !== null) {
			for (const [key, field] of Object.entries(part)) errors.push(...fieldErrors(node, key, field));
		}
		return errors;

		function itemErrors({ prefixItems, items }: SchemaNode, item: unknown, i: number): string[] {
			const schema = prefixItems?.[i] ?? items;
			if (schema === false) return [`${path}[${i}]: not allowed`];
			return schema === undefined ? [] : check(schema, item, `${path}[${i}]`);
		}

		function fieldErrors({ properties, additionalProperties }: SchemaNode, key: string, field: unknown): string[] {
			const schema =
				properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
			if (schema === false) return [`${path}.${key}: not allowed`];
			return schema === undefined || schema === true ? [] : check(schema, field, `${path}.${key}`);
		}
	};
	return check(root, value, "$");
}

function resolve(root: SchemaNode, ref: string): SchemaNode {
	const node = root.$defs?.[ref.replace("#/$defs/", "")];
	if (node === undefined) throw new Error(`schema without ${ref}`);
	return node;
}

function typeErrors({ type }: SchemaNode, value: unknown, path: string): string[] {
	const is: Record<NonNullable<SchemaNode["type"]>, boolean> = {
		object: typeof value === "object" && value !== null && !Array.isArray(value),
		array: Array.isArray(value),
		string: typeof value === "string",
		number: typeof value === "number",
		integer: Number.isInteger(value),
		boolean: typeof value === "boolean",
		null: value === null,
	};
	return type === undefined || is[type] ? [] : [`${path}: is no ${type}`];
}

function valueErrors(node: SchemaNode, value: unknown, path: string): string[] {
	const errors: string[] = [];
	if (node.const !== undefined && value !== node.const) errors.push(`${path}: is not ${node.const}`);
	if (node.enum !== undefined && !node.enum.includes(value as string))
		errors.push(`${path}: is none of ${node.enum.join(", ")}`);
	if (node.minimum !== undefined && typeof value === "number" && value < node.minimum)
		errors.push(`${path}: is below ${node.minimum}`);
	if (node.minItems !== undefined && Array.isArray(value) && value.length < node.minItems)
		errors.push(`${path}: is too short`);
	for (const key of node.required ?? []) {
		if (typeof value === "object" && value !== null && !Object.hasOwn(value, key))
			errors.push(`${path}.${key}: is missing`);
	}
	return errors;
}
