import fc from "fast-check";
import { expect, test } from "vitest";
import { readMarkup } from "../../../../../tools/lib/read-markup.ts";
import type { Block } from "../block.ts";
import { explanationHtml } from "./explanation-html.ts";

const HOSTILE = [
	"</script><script>alert(1)</script>",
	"<img src=x onerror=alert(1)>",
	"\u001b[31mred\u001b[0m",
	"a & b \"c\" 'd'",
	"\u202Eesrever",
	"]]><!--",
	"\u0000\u0007\r\n\t",
];

const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ maxLength: 30, unit: "binary" }));
const number = fc.oneof(fc.nat(), fc.double({ noNaN: true, min: -1e12, max: 1e12 }));
const block: fc.Arbitrary<Block> = fc.oneof(
	fc.record({ kind: fc.constant("heading" as const), text }),
	fc.record({
		kind: fc.constant("statements" as const),
		statements: fc.array(fc.record({ text, basis: fc.constantFrom("logged", "kernel rule", "inferred") }), {
			maxLength: 4,
		}),
	}),
	fc.record({
		kind: fc.constant("table" as const),
		columns: fc.array(fc.record({ title: text, align: fc.constantFrom("left", "right") }), { maxLength: 4 }),
		rows: fc.array(fc.array(text, { maxLength: 4 }), { maxLength: 4 }),
	}),
	fc.record({
		kind: fc.constant("bars" as const),
		total: number,
		rows: fc.array(fc.record({ label: text, value: number, text }), { maxLength: 4 }),
	}),
) as fc.Arbitrary<Block>;

const CONTROLS = new RegExp("[\\u0000-\\u0009\\u000B-\\u001F\\u007F-\\u009F\\u202A-\\u202E]");
const ELEMENTS = new Set(
	"html head meta title style body main h1 h2 ul li span div table thead tbody tr th td".split(" "),
);

test("any text is harmless: well-formed, only the page's own elements, no control characters", () => {
	fc.assert(
		fc.property(text, fc.array(block, { maxLength: 6 }), (title, blocks) => {
			const html = explanationHtml({ title, blocks });
			expect(CONTROLS.test(html)).toBe(false);
			expect(html.startsWith("<!DOCTYPE html>\n")).toBe(true);
			for (const { name, attributes } of readMarkup(html)) {
				expect(ELEMENTS).toContain(name);
				expect(Object.keys(attributes).filter((key) => /^on|src|href/.test(key))).toEqual([]);
				expect(attributes["style"] ?? "width:0%").toMatch(/^width:\d{1,3}(?:\.\d)?%$/);
			}
		}),
		{ numRuns: 300 },
	);
});

test("nothing comes from elsewhere: no script, no address, and the page itself forbids both", () => {
	const html = explanationHtml({ title: "t", blocks: [{ kind: "heading", text: HOSTILE[0] ?? "" }] });
	expect(html).not.toMatch(/<script|https?:|url\(|@import/);
	expect(html).toContain("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
	expect(html).toContain("default-src &#39;none&#39;".replaceAll("&#39;", "'"));
	expect(html).toContain("prefers-color-scheme:dark");
	expect(html).toContain('name="viewport"');
});

test("what a statement rests on is marked, but not what the log says itself", () => {
	const html = explanationHtml({
		title: "t",
		blocks: [
			{
				kind: "statements",
				statements: [
					{ text: "One.", basis: "logged" },
					{ text: "Two.", basis: "inferred" },
				],
			},
		],
	});
	expect(html).toContain("<li>One.</li>");
	expect(html).toContain('<li>Two. <span class="basis">inferred</span></li>');
});

test("bars are as long as their share", () => {
	const bar = (value: number, total: number): string | undefined =>
		/style="width:([\d.]+)%/.exec(
			explanationHtml({ title: "t", blocks: [{ kind: "bars", total, rows: [{ label: "a", value, text: "b" }] }] }),
		)?.[1];
	expect([bar(1, 4), bar(1, 3), bar(0, 4), bar(5, 4), bar(1, 1e9), bar(1, 0)]).toEqual([
		"25",
		"33.3",
		"0",
		"100",
		"0.1",
		"0",
	]);
});
