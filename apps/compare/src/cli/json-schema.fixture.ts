import { expect } from "vitest";

/** As much of a JSON Schema as the published ones use. */
export interface SchemaNode {
	readonly type?: string;
	readonly description?: string;
	readonly properties?: Readonly<Record<string, SchemaNode>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: boolean;
	readonly items?: SchemaNode;
	readonly anyOf?: readonly SchemaNode[];
	readonly oneOf?: readonly SchemaNode[];
}

/** Every object of a schema with its path. */
export function objectsIn(node: SchemaNode, path: string = "$"): [string, SchemaNode][] {
	const own: [string, SchemaNode][] = node.type === "object" ? [[path, node]] : [];
	const children = [
		...Object.entries(node.properties ?? {}),
		...(node.items === undefined ? [] : [["[]", node.items] as const]),
		...[...(node.anyOf ?? []), ...(node.oneOf ?? [])].map((each, i) => [`|${i}`, each] as const),
	];
	return [...own, ...children.flatMap(([name, child]) => objectsIn(child, `${path}.${name}`))];
}

/** Every property is documented by such a sentence, required, and the only one of its name. */
export function expectDocumented(objects: readonly (readonly [string, SchemaNode])[], sentence: RegExp): void {
	for (const [path, node] of objects) {
		const properties = Object.entries(node.properties ?? {});
		expect(node.required?.toSorted(), path).toEqual(properties.map(([name]) => name).toSorted());
		expect(node.additionalProperties, path).toBe(false);
		for (const [name, property] of properties) {
			expect(property.description, `${path}.${name}`).toMatch(sentence);
		}
	}
}
