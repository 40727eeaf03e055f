import { formatGfp, GFP } from "@pagelab/gfp";
import { expect, test } from "vitest";
import { readFixture } from "../../../tools/fixtures/fixture.ts";
import { decodeGfpTexts } from "./ftrace-gfp.ts";
import { parseFtrace } from "./ftrace-parser.ts";

test("every gfp text of the recordings has a mask, and the kernel prints the mask so", () => {
	const { gfpTexts } = parseFtrace([readFixture("trace/kinds.txt.gz")]);
	const { masks, unknown } = decodeGfpTexts(gfpTexts, { kernel: "6.12" });
	expect(unknown).toEqual([]);
	expect(gfpTexts.length).toBeGreaterThan(10);
	expect(gfpTexts.map((_, i) => formatGfp(masks[i] ?? -1, { kernel: "6.12" }))).toEqual(gfpTexts);
});

test("texts of other kernels are named and count as 0", () => {
	const { masks, unknown } = decodeGfpTexts(["__GFP_ZERO", "__GFP_FROM_MARS", "none"]);
	expect(Array.from(masks)).toEqual([GFP.ZERO, 0, 0]);
	expect(unknown).toEqual(["__GFP_FROM_MARS"]);
});
