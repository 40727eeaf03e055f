// C0 and C1 controls and DEL, line breaks included.
const CONTROLS = new RegExp("[\\u0000-\\u001F\\u007F-\\u009F]", "g");

/** Text from outside (file names, process names) made harmless for a terminal: control characters become `\xNN`. */
export const printable = (text: string): string =>
	text.replace(CONTROLS, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
