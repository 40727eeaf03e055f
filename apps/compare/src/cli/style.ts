const CODES = {
	bold: [1, 22],
	dim: [2, 22],
	red: [31, 39],
	green: [32, 39],
	yellow: [33, 39],
	blue: [34, 39],
	magenta: [35, 39],
	cyan: [36, 39],
	inverse: [7, 27],
} as const;

export type StyleName = keyof typeof CODES;

/** Wraps text in terminal styles, or leaves it alone where colours are off. */
export type Style = (name: StyleName, text: string) => string;

export const plainStyle: Style = (_, text) => text;

export const ansiStyle: Style = (name, text) => {
	const [on, off] = CODES[name];
	return text === "" ? "" : `\u001B[${on}m${text}\u001B[${off}m`;
};

/** Colours are for terminals whose user has not refused them (no-color.org). */
export function chooseStyle(
	stream: { readonly isTTY?: boolean },
	env: Readonly<Record<string, string | undefined>>,
): Style {
	const refused = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
	return stream.isTTY === true && !refused ? ansiStyle : plainStyle;
}
