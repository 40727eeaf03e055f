/** A tag as a strict reader sees it. */
export interface StrictTag {
	readonly name: string;
	readonly attributes: ReadonlyMap<string, string>;
}

const TAG = /^<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"<>]*")*)>/;
const ENTITY = /^&(?:amp|lt|gt|quot|#39);/;
const EMPTY_ELEMENTS = ["meta"];

/**
 * Reads a page character by character: lower-case tags with quoted attributes, closed in order; outside of `style` no `<` but
 * of a tag and no `&` but of an entity.
 *
 * @throws Error at the first place that is otherwise.
 */
export function readStrictly(html: string): StrictTag[] {
	const doctype = "<!DOCTYPE html>\n";
	if (!html.startsWith(doctype)) throw new Error("no doctype");
	const tags: StrictTag[] = [];
	const open: string[] = [];
	for (let at = doctype.length; at < html.length; ) {
		const rest = html.slice(at, at + 2000);
		if (rest.startsWith("<")) {
			const [whole, slash, name = "", attributes = ""] = TAG.exec(rest) ?? [];
			if (whole === undefined) throw new Error(`no tag at ${rest.slice(0, 40)}`);
			if (slash === "/" && open.pop() !== name) throw new Error(`</${name}> closes another element`);
			if (slash === "") tags.push({ name, attributes: readAttributes(attributes) });
			if (slash === "" && !EMPTY_ELEMENTS.includes(name)) open.push(name);
			at += whole.length;
			if (name === "style" && slash === "") at = html.indexOf("</style>", at);
		} else if (rest.startsWith("&")) {
			const entity = ENTITY.exec(rest);
			if (entity === null) throw new Error(`a bare & at ${rest.slice(0, 40)}`);
			at += entity[0].length;
		} else at++;
	}
	if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
	return tags;
}

const readAttributes = (text: string): Map<string, string> =>
	new Map([...text.matchAll(/ ([a-z-]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]));
