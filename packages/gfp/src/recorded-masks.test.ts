import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { decodeGfp } from "./decode-gfp.ts";
import { erasOfMask, fitEras } from "./fit-eras.ts";
import { formatGfpWith, gfpHex } from "./format-gfp.ts";
import { eraOfKernel } from "./gfp-era.ts";
import { type GfpLayout, gfpLayout } from "./gfp-layout.ts";
import { checkGfp } from "./legality/check-gfp.ts";
import { gfpMigratetype } from "./migratetype.ts";
import { parseGfp, parseGfpWith } from "./parse-gfp.ts";
import { fromTsv, masksOfLog, masksOfTrace, type RecordedMask, toTsv } from "./recorded-masks.fixture.ts";

const fixture = fileURLToPath(new URL("recorded-masks.fixture.tsv", import.meta.url));
const recorded = fromTsv(readFileSync(fixture, "utf8"));

const read = (name: string): string => new TextDecoder("latin1").decode(readShared(name));
const list = (folder: string): string[] => readdirSync(join(sharedFolder ?? "", folder)).toSorted();

const RECORDED = "6.12.117";

interface Recording {
	readonly files?: { readonly dmesg?: string };
	readonly ops?: readonly { readonly gfp?: number }[];
	readonly samples?: readonly { readonly gfp?: number }[];
}

const numberOf = (mask: number, file: string): RecordedMask => ({
	kernel: RECORDED,
	style: "number",
	mask,
	names: null,
	migratetype: null,
	file,
});

/** Masks of a file of the probe: numbers of operations and samples, and the kernel log inside of it. */
function masksOfRecording(path: string, file: string): RecordedMask[] {
	const { files, ops = [], samples = [] } = JSON.parse(read(path)) as Recording;
	const numbers = [...ops, ...samples].flatMap(({ gfp }) => (gfp === undefined ? [] : [numberOf(gfp, file)]));
	return [...numbers, ...masksOfLog(files?.dmesg ?? "", { kernel: RECORDED, file })];
}

const masksOfRecordings = (folder: string): RecordedMask[] =>
	list(`oracle/${folder}`)
		.filter((name) => name.endsWith(".json.gz"))
		.flatMap((name) => masksOfRecording(`oracle/${folder}/${name}`, `${folder}/${name}`));

const masksOfDmesg = (): RecordedMask[] =>
	list("oracle/dev/oom")
		.filter((name) => name.endsWith(".dmesg.gz"))
		.flatMap((name) => masksOfLog(read(`oracle/dev/oom/${name}`), { kernel: RECORDED, file: `dev/oom/${name}` }));

const masksOfTraces = (): RecordedMask[] =>
	list("oracle/dev/trace").flatMap((name) =>
		masksOfTrace(read(`oracle/dev/trace/${name}/trace.txt.gz`), { kernel: RECORDED, file: `dev/trace/${name}` }),
	);

const masksOfWildLogs = (): RecordedMask[] =>
	list("klog")
		.filter((name) => /^\d+$/.test(name))
		.flatMap((name) => {
			const { kernelVersion } = JSON.parse(read(`klog/${name}/meta.json`)) as { kernelVersion?: string | null };
			return masksOfLog(read(`klog/${name}/log.txt`), { kernel: kernelVersion ?? null, file: `klog/${name}` });
		});

const everyMask = (): RecordedMask[] => [
	...masksOfDmesg(),
	...["scope", "scope-patched", "dev/buddy"].flatMap(masksOfRecordings),
	...masksOfTraces(),
	...masksOfWildLogs(),
];

// After new recordings: vitest run --update of this file, and read the difference.
test.skipIf(sharedFolder === undefined)(
	"recorded-masks.fixture.tsv has every mask of all recordings and wild logs (needs the shared folder)",
	async () => {
		await expect(toTsv(everyMask())).toMatchFileSnapshot(fixture);
	},
);

/** Files whose masks and names do not agree in the kernel that they name, with the reason. */
const DISAGREEMENTS: Readonly<Record<string, string>> = {};

const of = (m: RecordedMask): string =>
	`${m.mask === null ? "" : gfpHex(m.mask)}(${m.names ?? ""}) of ${m.kernel} in ${m.file}`;
const rows = (is: (m: RecordedMask) => boolean): [string, RecordedMask][] => recorded.filter(is).map((m) => [of(m), m]);
const layoutOf = (m: RecordedMask): GfpLayout => gfpLayout({ kernel: m.kernel ?? "" });

describe("number and names of the same text", () => {
	const both = rows((m) => m.mask !== null && m.names !== null);

	test.each(both.filter(([, m]) => m.kernel !== null))("%s", (_, m) => {
		const mask = m.mask as number;
		const names = m.names as string;
		const agrees =
			formatGfpWith(layoutOf(m), mask, "printk") === names && parseGfpWith(layoutOf(m), names, "printk") === mask;
		expect(agrees).toBe(!(m.file in DISAGREEMENTS));
		const decoded = decodeGfp(`${gfpHex(mask)}(${names})`, { kernel: m.kernel ?? "" });
		expect(decoded).toMatchObject({ mask, names, agrees, text: names, unknownBits: 0 });
		expect(decoded.eras).toContain(eraOfKernel(m.kernel ?? ""));
	});

	test.each(both.filter(([, m]) => m.kernel === null))("%s: some era fits", (_, m) => {
		expect(fitEras(m.mask as number, m.names as string, "printk")).not.toEqual([]);
	});

	test("there are some of every span of eras that prints both", () => {
		const eras = new Set(both.flatMap(([, m]) => (m.kernel === null ? [] : [eraOfKernel(m.kernel).id])));
		expect(eras.size).toBeGreaterThanOrEqual(10);
	});

	test("no disagreement is listed that is none", () => {
		expect(recorded.map((m) => m.file)).toEqual(expect.arrayContaining(Object.keys(DISAGREEMENTS)));
	});
});

describe("names alone", () => {
	test.each(rows((m) => m.mask === null && m.kernel !== null))("%s", (_, m) => {
		const names = m.names as string;
		const style = m.style === "printk" ? "printk" : "trace";
		const mask = parseGfpWith(layoutOf(m), names, style);
		expect(formatGfpWith(layoutOf(m), mask, style)).toBe(names);
		expect(mask & ~layoutOf(m).definedBits).toBe(0);
		// A field without blanks is 0x… or a name of the table; a remainder would be a bit that the table lacks.
		expect(names).not.toContain("0x");
		if (m.migratetype !== null) expect(gfpMigratetype(mask)).toBe(m.migratetype);
	});

	test.each(rows((m) => m.mask === null && m.kernel === null))("%s: some era prints them", (_, m) => {
		expect(decodeGfp(m.names as string).eras).not.toEqual([]);
	});

	test("no request that a working kernel made is illegal", () => {
		for (const m of recorded.filter((r) => r.style === "trace" && r.kernel === RECORDED)) {
			const findings = checkGfp(parseGfp(m.names as string, { kernel: RECORDED }));
			expect([m.names, findings.filter((f) => f.severity === "illegal")]).toEqual([m.names, []]);
		}
	});
});

describe("numbers alone", () => {
	const numbers = rows((m) => m.names === null);

	test.each(numbers.filter(([, m]) => m.file.startsWith("klog")))("%s: the era of the log can mean it", (_, m) => {
		const eras = erasOfMask(m.mask as number);
		if (m.kernel === null) expect(eras).not.toEqual([]);
		else expect(eras).toContain(eraOfKernel(m.kernel));
	});

	test.each(numbers.filter(([, m]) => m.kernel !== null))("%s: all bits are known, and words lead back", (_, m) => {
		const mask = m.mask as number;
		const style = layoutOf(m).era.printkNames ? "printk" : "trace";
		const text = formatGfpWith(layoutOf(m), mask, style);
		expect(mask & ~layoutOf(m).definedBits).toBe(0);
		expect(parseGfpWith(layoutOf(m), text, style)).toBe(mask);
	});
});

/**
 * oracle/dev/trace/file was also taken as trace.dat, in which the same events have numbers: those of its 77461
 * mm_page_alloc events that the text has at the same place with the same pfn and order.
 */
const TRACE_DAT: readonly [string, number][] = [
	["GFP_NOWAIT", 0x2800],
	["GFP_NOFS|__GFP_COMP", 0x40c40],
	["GFP_NOFS|__GFP_COMP|__GFP_MOVABLE", 0x40c48],
	["GFP_NOWAIT|__GFP_COMP|__GFP_RECLAIMABLE", 0x42810],
	["GFP_NOWAIT|__GFP_NORETRY|__GFP_COMP|__GFP_RECLAIMABLE", 0x52810],
	["GFP_ATOMIC|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_RECLAIMABLE", 0x52830],
	["GFP_NOFS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_RECLAIMABLE", 0x52c50],
	["GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP", 0x52cc0],
	["GFP_ATOMIC|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_NOMEMALLOC", 0xd2820],
	["GFP_HIGHUSER_MOVABLE|__GFP_COMP", 0x140cca],
	["GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO", 0x140dca],
	["GFP_NOFS|__GFP_NOFAIL|__GFP_COMP|__GFP_HARDWALL|__GFP_MOVABLE", 0x148c48],
	["GFP_NOFS|__GFP_HIGHMEM|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_HARDWALL|__GFP_MOVABLE", 0x152c4a],
	["GFP_KERNEL_ACCOUNT|__GFP_ZERO", 0x400dc0],
	["GFP_KERNEL_ACCOUNT|__GFP_COMP|__GFP_ZERO", 0x440dc0],
];

test.each(TRACE_DAT)("binary and text of one trace: %s is mask %i", (names, mask) => {
	expect(parseGfp(names, { kernel: RECORDED })).toBe(mask);
	expect(formatGfpWith(gfpLayout({ kernel: RECORDED }), mask, "trace")).toBe(names);
	expect(recorded.filter((m) => m.file.startsWith("dev/trace")).map((m) => m.names)).toContain(names);
});

const hasZstd = "zstdDecompressSync" in zlib;
test.skipIf(sharedFolder === undefined || !hasZstd)(
	"these are all pairs of that trace (needs the shared folder and Node 22.15)",
	() => {
		const script = fileURLToPath(new URL("../scripts/read-trace-dat.mjs", import.meta.url));
		const folder = join(sharedFolder ?? "", "oracle/dev/trace/file");
		expect(JSON.parse(execFileSync(process.execPath, [script, folder], { encoding: "utf8" }))).toEqual(TRACE_DAT);
	},
);

interface Metadata {
	readonly gfpMask?: string | null;
	readonly gfpFlagsText?: string | null;
}

test.skipIf(sharedFolder === undefined)(
	"the metadata of the wild logs name masks that stand in the logs (needs the shared folder)",
	() => {
		const inLogs = masksOfWildLogs();
		for (const name of list("klog").filter((folder) => /^\d+$/.test(folder))) {
			const { gfpMask, gfpFlagsText } = JSON.parse(read(`klog/${name}/meta.json`)) as Metadata;
			if (gfpMask === null || gfpMask === undefined) continue;
			const seen = inLogs.filter((m) => m.file === `klog/${name}`);
			expect([name, seen.map((m) => [gfpHex(m.mask ?? 0), m.names])]).toEqual([
				name,
				expect.arrayContaining([[gfpMask, gfpFlagsText ?? null]]),
			]);
		}
	},
);
