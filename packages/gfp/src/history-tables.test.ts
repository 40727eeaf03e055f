import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { eraOfKernel, GFP_ERAS, type GfpEra } from "./gfp-era.ts";
import { type GfpConfig, gfpLayoutOfEra } from "./gfp-layout.ts";

const absent = sharedFolder === undefined;
const history = absent ? "" : new TextDecoder().decode(readShared("reference/kernel/gfp-history.md"));

/** Cells of the Markdown table under a heading; the first row is its head. */
function tableUnder(heading: string): string[][] {
	const [, after = ""] = history.split(`\n${heading}`);
	const lines = after.split("\n").slice(1);
	const start = lines.findIndex((line) => line.startsWith("|"));
	const length = lines.slice(start).findIndex((line) => !line.startsWith("|"));
	return lines
		.slice(start, start + length)
		.filter((line) => !/^[|-]+$/.test(line))
		.map((line) =>
			line
				.slice(1, -1)
				.split("|")
				.map((cell) => cell.trim()),
		);
}

/** Column heads are spans of releases, such as `3.8–3.15` or `7.2?+`. */
const eraOfSpan = (span: string): GfpEra => eraOfKernel((span.split("–")[0] as string).replace(/\?\+$/, ""));

/** Every cell of a table whose rows are names and whose columns are eras. */
const cellsUnder = (heading: string): { name: string; era: GfpEra; cell: string }[] => {
	const [head = [], ...rows] = tableUnder(heading);
	return rows.flatMap(([name = "", ...cells]) =>
		cells.map((cell, i) => ({ name, era: eraOfSpan(head[i + 1] as string), cell })),
	);
};

const ALL: GfpConfig = { kmemcheck: true, lockdep: true, kasanHwTags: true, slabObjExt: true };
const NONE: GfpConfig = { kmemcheck: false, lockdep: false, kasanHwTags: false, slabObjExt: false };
const BY_LETTER: Readonly<Record<string, GfpConfig>> = {
	k: { kmemcheck: true },
	L: { lockdep: true },
	H: { kasanHwTags: true },
	S: { slabObjExt: true },
};

describe.skipIf(absent)("gfp-history.md (needs the shared folder)", () => {
	test("the generated tables are those of gfp-history.json", () => {
		const script = fileURLToPath(new URL("../scripts/generate-eras.mjs", import.meta.url));
		expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
	});

	test("§1 eras: releases, evidence, what traces show for 0, width", () => {
		const [, ...rows] = tableUnder("## 1. Eras");
		expect(rows).toHaveLength(GFP_ERAS.length);
		rows.forEach(([id, releases, covers, shift, table, names, zero, evidence], i) => {
			const era = GFP_ERAS[i] as GfpEra;
			expect(era.id).toBe(id);
			expect(releases).toBe(
				era.last === "newest" ? "7.2?+" : era.first === era.last ? era.first : `${era.first}–${era.last}`,
			);
			expect(era.covers.join(", ") || "–").toBe(covers);
			expect([era.printTable, era.ftraceZero, era.evidence]).toEqual([table, zero, evidence]);
			expect(era.printkNames).toBe(names === "yes");
			expect(shift).toContain(era.bitsShift === null ? "number of enumerated bits" : String(era.bitsShift));
			expect(era.bitsShiftLockdep).toBe(shift?.includes("+LOCKDEP"));
		});
	});

	test.each(["### 2.1 Up to 4.17", "### 2.2 From 4.18"])("every cell of %s", (heading) => {
		const cells = cellsUnder(heading);
		expect(cells.length).toBeGreaterThan(300);
		for (const { name, era, cell } of cells) {
			const [mask = "", letter] = cell.split(" ");
			const bit = (config: GfpConfig): number | undefined =>
				gfpLayoutOfEra(era, config).bits.get(name.slice("__GFP_".length));
			const where = `${name} in ${era.id}`;
			if (mask === "–") expect([where, bit(ALL)]).toEqual([where, undefined]);
			else if (mask !== "next") {
				expect([where, bit(ALL)]).toEqual([where, Number(mask)]);
				const only = letter === undefined ? NONE : { ...NONE, ...BY_LETTER[letter] };
				expect([where, bit(only)]).toEqual([where, Number(mask)]);
			}
			if (letter !== undefined) expect([where, bit(NONE)]).toEqual([where, 0]);
		}
	});

	test("§2.3 consecutive numbering, every row", () => {
		const [, ...rows] = tableUnder("### 2.3 Consecutive");
		expect(rows).toHaveLength(8);
		for (const [tags, lockdep, objExt, skipZero, skipKasan, noLockdep, noObjExt, width] of rows) {
			const config = { kasanHwTags: tags === "y", lockdep: lockdep === "y", slabObjExt: objExt === "y" };
			const { bits, bitsShift } = gfpLayoutOfEra(eraOfKernel("6.12"), config);
			const cell = (flag: string): string => {
				const mask = bits.get(flag) ?? 0;
				return mask === 0 ? "–" : `0x${mask.toString(16)}`;
			};
			expect(["SKIP_ZERO", "SKIP_KASAN", "NOLOCKDEP", "NO_OBJ_EXT"].map(cell)).toEqual([
				skipZero,
				skipKasan,
				noLockdep,
				noObjExt,
			]);
			expect(bitsShift).toBe(Number(width));
		}
	});

	test.each(["### 3.1 Up to 4.17", "### 3.2 From 4.18"])("every cell of %s", (heading) => {
		for (const { name, era, cell } of cellsUnder(heading)) {
			const mask = gfpLayoutOfEra(era, NONE).composites.get(name);
			expect([name, era.id, mask]).toEqual([name, era.id, cell === "–" ? undefined : Number(cell)]);
		}
	});

	test("every cell of the composites with memory tagging", () => {
		const cells = cellsUnder("With CONFIG_KASAN_HW_TAGS (arm64/Android)");
		expect(cells).toHaveLength(27);
		for (const { name, era, cell } of cells) {
			expect(gfpLayoutOfEra(era, { kasanHwTags: true }).composites.get(name)).toBe(Number(cell));
		}
	});

	test("§4 name tables, in order, with every configuration and with none", () => {
		const lists = [...history.matchAll(/^- \*\*(\S+)\*\* \(([^)]+)\): (.+)$/gm)];
		expect(lists).toHaveLength(new Set(GFP_ERAS.map((era) => era.printTable)).size);
		for (const [, id = "", spans = "", text = ""] of lists) {
			const entries = text.split(", ").map((entry) => entry.split(" ") as [string, string?]);
			for (const era of spans.split(", ").map(eraOfSpan)) {
				expect([id, era.printTable]).toEqual([id, id]);
				const printed = (config: GfpConfig): string[] =>
					gfpLayoutOfEra(era, config).printTable.map((entry) => entry.name);
				expect(printed(ALL)).toEqual(entries.map(([name]) => name));
				// Without KMEMCHECK the entry stays, with mask 0 (end of §4).
				const always = entries.filter(([, letter]) => letter === undefined || letter === "[k]");
				expect(printed(NONE)).toEqual(always.map(([name]) => name));
			}
		}
	});
});
