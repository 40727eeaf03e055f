import { InputError } from "@pagelab/base";
import { expect, test } from "vitest";
import { readFixture, readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import type { BuddyRecording, SlotResult } from "./buddy-recording.ts";
import { readBuddyRecording } from "./read-buddy-recording.ts";

const results = (recording: BuddyRecording): readonly SlotResult[] =>
	recording.ops.flatMap((op) => {
		if (op.op === "e") return [op.res];
		return op.op === "a" || op.op === "x" || op.op === "b" ? op.res : [];
	});

const summary = (recording: BuddyRecording): string => {
	const all = results(recording);
	const failures = all.filter((r) => r === null).length;
	const allocations = all.filter((r) => typeof r === "number").length;
	return `${recording.name}: ${recording.ops.length} ops, ${allocations} allocations, ${failures} failures`;
};

/** Pageblocks by type as the index counts them: without those that have no memory map. */
const blockTypes = (recording: BuddyRecording): string =>
	recording.final.nodes
		.flatMap((node) => {
			const holes = node.pages.filter(([kind]) => kind === "x");
			const isHole = (pfn: number): boolean => holes.some(([, first, n]) => first <= pfn && pfn + 512 <= first + n);
			return node.zones.map((zone) => {
				const known = zone.blocks.filter((_, b) => !isHole(zone.blockStart + b * 512));
				return `${zone.name}:${[0, 1, 2, 3].map((t) => known.filter((b) => b === t).length).join("/")}`;
			});
		})
		.join(" ");

/** Independent counts, taken when the recordings were made (INDEX.txt of the shared folder). */
const COMMITTED = [
	"dev-c128-0-pcp: 318 ops, 15954 allocations, 0 failures",
	"dev-c128-1-mixed: 1504 ops, 2348 allocations, 0 failures",
	"dev-c128-3-apis: 332 ops, 4337 allocations, 0 failures",
	"dev-c256-1-mixed: 1504 ops, 2218 allocations, 0 failures",
];

test.each(COMMITTED)("%s", (line) => {
	const name = line.slice("dev-".length, line.indexOf(":"));
	expect(summary(readBuddyRecording(readFixture(`buddy/${name}.json.gz`)))).toBe(line);
});

test.skipIf(sharedFolder === undefined)("all recordings have the counts of the index (needs the shared folder)", () => {
	const index = new TextDecoder().decode(readShared("oracle/dev/INDEX.txt"));
	const lines = [...index.matchAll(/^dev-(\S+): \d+ ops, .*$/gm)];
	expect(lines).toHaveLength(22);
	for (const [line, name] of lines) {
		const recording = readBuddyRecording(readShared(`oracle/dev/buddy/${name}.json.gz`), name);
		expect(line.startsWith(`${summary(recording)}, `), line).toBe(true);
		expect(line.endsWith(`, blocks ${blockTypes(recording)}`), line).toBe(true);
	}
});

interface RawOp {
	[name: string]: unknown;
	op: string;
	light?: Record<string, number[]>;
}
interface RawRecording {
	[name: string]: unknown;
	format: string;
	lightFields: string[];
	ops: RawOp[];
}

const text = new TextDecoder().decode(readFixture("buddy/c128-3-apis.json.gz"));
const raw = (): RawRecording => JSON.parse(text) as RawRecording;
const read = (json: unknown): BuddyRecording =>
	readBuddyRecording(new TextEncoder().encode(JSON.stringify(json)), "a.json.gz");

test("operations keep every value of the file", () => {
	const { ops, lightFields } = raw();
	const recording = read(raw());
	expect(new Set(ops.map((op) => op.op))).toEqual(new Set(["L", "a", "b", "d", "e", "f", "r", "y"]));
	recording.ops.forEach((op, k) => {
		const { light, dump, ret, res, on, nid, ...plain } = ops[k] as RawOp;
		expect(op).toMatchObject(plain);
		if ("on" in op) expect(op.on).toBe(on === 1);
		if ("nid" in op) expect(op.nid).toBe(nid ?? -1);
		if ("res" in op) expect(op.op === "e" ? [op.res] : op.res).toEqual(res);
		if (op.op === "r") expect([op.released]).toEqual(ret);
		if (op.op === "y") expect(op.ret).toEqual(ret);
		expect("dump" in op).toBe(dump !== undefined);
		expect(op.light?.map((z) => `${z.node}:${z.zone}`)).toEqual(light && Object.keys(light));
		op.light?.forEach((zone, z) => {
			// lightFields stand in the order of the fields of ZoneLight after node and zone.
			const values = lightFields.map(
				(name) => zone[name.replace(/_(.)/g, (_, c: string) => c.toUpperCase()) as "free"],
			);
			expect(values).toEqual(Object.values(light ?? {})[z]);
		});
	});
	expect(recording.files.before["zoneinfo"]).toMatch(/^Node 0, zone/);
	expect(recording.machine).toMatchObject({ flavour: "cloud-amd64", mib: 128, nodes: 1 });
});

const firstOf = (recording: RawRecording, kind: string): RawOp => {
	const op = recording.ops.find((o) => o.op === kind);
	if (op === undefined) throw new Error(`no ${kind} in the fixture`);
	return op;
};

const damages: [string, (recording: RawRecording) => void, RegExp][] = [
	[
		"a later version",
		(r) => {
			r.format = "mmprobe-buddy-2";
		},
		/^a\.json\.gz:format: the format "mmprobe-buddy-2" is newer .*, which knows mmprobe-buddy-1$/,
	],
	[
		"another format",
		(r) => {
			r.format = "mmprobe-scope-1";
		},
		/^a\.json\.gz:format: unknown format "mmprobe-scope-1", expected mmprobe-buddy-1$/,
	],
	[
		"no format",
		(r) => {
			delete (r as Partial<RawRecording>).format;
		},
		/^a\.json\.gz: the field "format" is missing$/,
	],
	[
		"an unknown operation",
		(r) => {
			(r.ops[4] as RawOp).op = "z";
		},
		/^a\.json\.gz:ops\[4\]\.op: unknown operation "z"/,
	],
	[
		"more results than requests",
		(r) => {
			(firstOf(r, "b")["res"] as number[]).push(...Array<number>(300).fill(4096));
		},
		/^a\.json\.gz:ops\[\d+\]\.res: \d+ results for \d+ requests$/,
	],
	[
		"a result that is no frame",
		(r) => {
			(firstOf(r, "b")["res"] as unknown[])[1] = "4096";
		},
		/^a\.json\.gz:ops\[\d+\]\.res\[1\]: expected a frame number, null or "busy"$/,
	],
	[
		"light values that do not fit their names",
		(r) => {
			firstOf(r, "b").light = { "0:0": [1, 2] };
		},
		/^a\.json\.gz:ops\[\d+\]\.light\.0:0: expected 11 values, one per light field, found 2$/,
	],
	[
		"an unknown light field",
		(r) => {
			r.lightFields[3] = "mood";
		},
		/^a\.json\.gz:lightFields: unknown light field 3, "mood"$/,
	],
	[
		"a missing light field",
		(r) => {
			r.lightFields.pop();
		},
		/^a\.json\.gz:lightFields: the light field "free_highatomic" is missing$/,
	],
	[
		"a mask of more than 32 bits",
		(r) => {
			firstOf(r, "b")["gfp"] = 2 ** 32;
		},
		/^a\.json\.gz:ops\[\d+\]\.gfp: expected a number from 0 to 4294967295/,
	],
	[
		"no final state",
		(r) => {
			r["final"] = null;
		},
		/^a\.json\.gz:final: expected an object, found null$/,
	],
];

test.each(damages)("%s is refused with its place", (_, damage, message) => {
	const recording = raw();
	damage(recording);
	let error: unknown;
	try {
		read(recording);
	} catch (e) {
		error = e;
	}
	expect(error).toBeInstanceOf(InputError);
	expect((error as InputError).describe()).toMatch(message);
});

test("a recording that is cut off anywhere is refused at its end", () => {
	const bytes = new TextEncoder().encode(text);
	for (const length of [0, 1, 100, 5000, Math.floor(bytes.length / 2), bytes.length - 1]) {
		let error: unknown;
		try {
			readBuddyRecording(bytes.subarray(0, length), "cut.json");
		} catch (e) {
			error = e;
		}
		expect(error).toBeInstanceOf(InputError);
		const { position, message } = error as InputError;
		expect(position.file).toBe("cut.json");
		expect(position.offset).toBeGreaterThanOrEqual(length - 4);
		expect(message).toMatch(/truncated|not JSON/);
	}
});
