import { safeText } from "./safe-text.ts";

const ENTITIES: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&#39;",
};

/** Any text made safe inside HTML and SVG elements and quoted attributes. */
export const escapeMarkup = (text: string): string => safeText(text).replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
