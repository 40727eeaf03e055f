/** Elements of HTML without an end tag. */
const VOID = new Set(["meta", "br"]);

/** A start tag, end tag, doctype or text run. Attribute values must be quoted, as XML wants them. */
const TOKEN = /<!DOCTYPE html>|<(\/?)([A-Za-z][\w-]*)((?:\s+[\w:-]+="[^"<>]*")*)\s*(\/?)>|[^<]+/y;

/** An element with its attributes, as a strict reader sees the markup. */
export interface MarkupElement {
	readonly name: string;
	readonly attributes: Readonly<Record<string, string>>;
}

function attributesOf(text: string): Record<string, string> {
	return Object.fromEntries(
		[...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
	);
}

function checkEntities(text: string): void {
	const bad = /&(?!(?:amp|lt|gt|quot|#39);)/.exec(text);
	if (bad !== null) throw new Error(`a bare & at "${text.slice(bad.index, bad.index + 20)}"`);
}

/**
 * Reads HTML or SVG as strictly as an XML parser: every element is closed in order, attributes are quoted and occur once,
 * no bare `<` or `&`, no `>` in a value, one root.
 * @returns all elements, in order.
 * @throws Error at the first fault.
 */
export function readMarkup(markup: string): MarkupElement[] {
	const elements: MarkupElement[] = [];
	const open: string[] = [];
	TOKEN.lastIndex = 0;
	while (TOKEN.lastIndex < markup.length) {
		const start = TOKEN.lastIndex;
		const match = TOKEN.exec(markup);
		if (match === null) throw new Error(`not well-formed at "${markup.slice(start, start + 40)}"`);
		const [text, end, name, attributes = "", selfClosing] = match;
		checkEntities(text);
		if (name === undefined) {
			if (open.length === 0 && text.trim() !== "" && !text.startsWith("<!"))
				throw new Error(`text outside the root: ${text}`);
		} else if (end === "/") {
			if (open.pop() !== name) throw new Error(`</${name}> closes another element`);
		} else {
			if (open.length === 0 && elements.length > 0) throw new Error(`a second root, ${name}`);
			const names = [...attributes.matchAll(/\s([\w:-]+)="[^"]*"/g)].map((m) => m[1]);
			if (new Set(names).size < names.length) throw new Error(`an attribute twice in ${text}`);
			elements.push({ name, attributes: attributesOf(attributes) });
			if (selfClosing !== "/" && !VOID.has(name)) open.push(name);
		}
	}
	if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
	return elements;
}
