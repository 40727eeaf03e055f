import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeText } from "./safe-text.ts";
import { fitText, splitAtWidth, textWidth, truncateText, wrapText } from "./text-width.ts";

const anyText = fc.string({ unit: "binary", maxLength: 300 }).map(safeText);

test("widths: Latin 1, Chinese, Hangul, full-width forms and emoji 2", () => {
	expect(["abc", "…", "é", "漢字", "한", "Ａ", "😀"].map(textWidth)).toEqual([3, 1, 1, 4, 2, 2, 2]);
});

test("a cut text ends in an ellipsis and never splits a wide character", () => {
	expect(truncateText("post-revert", 11)).toBe("post-revert");
	expect(truncateText("post-revert", 8)).toBe("post-re…");
	expect(truncateText("漢字漢字", 6)).toBe("漢字…");
	expect(splitAtWidth("漢字漢字", 5)).toEqual(["漢字", "漢字"]);
});

test("texts are padded on the side away from their alignment", () => {
	expect(fitText("12", 5, "right")).toBe("   12");
	expect(fitText("漢", 5, "left")).toBe("漢   ");
});

test("lines break at blanks, not before a percent sign, and in long words anywhere", () => {
	expect(wrapText("one two three", 8)).toEqual(["one two", "three"]);
	expect(wrapText("about 95 % of it", 10)).toEqual(["about 95 %", "of it"]);
	expect(wrapText("well, 95 % of it", 8)).toEqual(["well,", "95 % of", "it"]);
	expect(wrapText("abcdefgh ij", 3)).toEqual(["abc", "def", "gh", "ij"]);
	expect(wrapText("", 10)).toEqual([]);
});

describe("for any text", () => {
	test("fitted texts fill exactly their width, wrapped ones at most, and nothing but blanks is lost", () => {
		fc.assert(
			fc.property(anyText, fc.integer({ min: 2, max: 90 }), (text, width) => {
				expect(textWidth(fitText(text, width, "left"))).toBe(width);
				expect(textWidth(fitText(text, width, "right"))).toBe(width);
				const lines = wrapText(text, width);
				for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
				expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
			}),
		);
	});

	test("safe text has no control characters, line separators, direction marks or lone surrogates", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (text) => {
				const safe = safeText(text + "\ud800");
				expect(safe).not.toMatch(/\p{Surrogate}/u);
				for (const character of safe) {
					const code = character.codePointAt(0) ?? 0;
					const unsafe =
						code < 32 || (code >= 127 && code < 160) || (code >= 0x2028 && code <= 0x202e) || code === 0xfffe;
					expect(unsafe).toBe(false);
				}
			}),
		);
		expect(safeText("a\r\nb\tc\u0007d\u202ee")).toBe("a b c?d?e");
	});
});
