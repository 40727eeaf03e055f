/**
 * Characters that have no place in a printed line or an XML text: controls, line and paragraph separators, marks that
 * turn the direction of what follows, lone surrogates and non-characters.
 */
const UNSAFE = new RegExp(
	"[\\u0000-\\u001F\\u007F-\\u009F\\u200E\\u200F\\u2028-\\u202E\\u2066-\\u2069\\uFEFF\\uFFF9-\\uFFFB\\uFFFE\\uFFFF]|\\p{Surrogate}",
	"gu",
);

/** Text from outside made harmless on one line: white space becomes a blank, every other unsafe character a `?`. */
export const safeText = (text: string): string => text.replace(/[\t\n\v\f\r]+/g, " ").replace(UNSAFE, "?");
