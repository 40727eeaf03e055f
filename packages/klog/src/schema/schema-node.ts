/** The part of JSON Schema (2020-12) that describes plain data without open ends. */
export interface SchemaNode {
	readonly $schema?: string;
	readonly $id?: string;
	readonly $ref?: string;
	readonly $defs?: Readonly<Record<string, SchemaNode>>;
	readonly title?: string;
	readonly description?: string;
	readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";
	readonly const?: string;
	readonly enum?: readonly string[];
	readonly minimum?: number;
	readonly properties?: Readonly<Record<string, SchemaNode>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: boolean | SchemaNode;
	readonly items?: SchemaNode | false;
	readonly prefixItems?: readonly SchemaNode[];
	readonly minItems?: number;
	readonly anyOf?: readonly SchemaNode[];
}

export const text: SchemaNode = { type: "string" };
export const flag: SchemaNode = { type: "boolean" };
export const decimal: SchemaNode = { type: "number" };
export const integer: SchemaNode = { type: "integer" };
/** A line of the input. */
export const lineNumber: SchemaNode = { type: "integer", minimum: 1 };

export const ref = (name: string): SchemaNode => ({ $ref: `#/$defs/${name}` });
export const orNull = (node: SchemaNode): SchemaNode => ({ anyOf: [node, { type: "null" }] });
export const listOf = (items: SchemaNode): SchemaNode => ({ type: "array", items });
export const oneOf = (...values: readonly string[]): SchemaNode => ({ type: "string", enum: values });
export const tuple = (...items: readonly SchemaNode[]): SchemaNode => ({
	type: "array",
	prefixItems: items,
	items: false,
	minItems: items.length,
});

/** Numbers by a name that the kernel prints. */
export const numbersByName: SchemaNode = { type: "object", additionalProperties: decimal };

/** An object with exactly these properties; the optional ones may be absent. */
export const exactly = (
	properties: Readonly<Record<string, SchemaNode>>,
	optional: Readonly<Record<string, SchemaNode>> = {},
): SchemaNode => ({
	type: "object",
	properties: { ...properties, ...optional },
	required: Object.keys(properties),
	additionalProperties: false,
});

export const described = (description: string, node: SchemaNode): SchemaNode => ({ description, ...node });
