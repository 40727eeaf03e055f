// C0 and C1 controls and DEL, line breaks included; marks that turn the direction of what follows.
const CONTROLS = new RegExp("[\\u0000-\\u001F\\u007F-\\u009F\\u200E\\u200F\\u2028-\\u202E\\u2066-\\u2069]", "g");

const escaped = (code: number): string =>
	code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;

/** Text from outside (file names, process names) made harmless for a terminal: control characters become `\xNN` or `\uNNNN`. */
export const printable = (text: string): string => text.replace(CONTROLS, (c) => escaped(c.charCodeAt(0)));
