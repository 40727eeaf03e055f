import { beforeAll, describe, expect, test } from "vitest";
import { readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { describeScope, isSwitched } from "./describe-scope.ts";
import { replayScope } from "./replay-scope.ts";
import { loggedWarnings, readScopeRecording, type ScopeRecording, type ScopeSamples } from "./scope-recording.ts";
import { nonSleepers } from "./scope-sleepers.ts";

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const ZONEINFO = `Node 0, zone    DMA32
  pages free     6775
        boost    0
        min      416
        low      520
        high     624
        spanned  61408
        present  61408
        managed  49341
        cma      0
        protection: (0, 0, 0, 0, 0)
`;

const samples = (
	label: string,
	arg: number,
	gfp: number,
	ok: readonly (0 | 1)[],
	more: Partial<ScopeSamples> = {},
): ScopeSamples => ({
	label,
	op: "A",
	arg,
	gfp,
	taskFlags: "0x400000",
	ok,
	ns: ok.map(() => 1000),
	sw: ok.map(() => 0),
	...more,
});

const recording = (list: readonly ScopeSamples[], dmesg: string): ScopeRecording => ({
	format: "mmprobe-scope-1",
	name: "made",
	machine: { version: "Linux version 6.12.117" },
	vmstatBetween: list.map(({ label }, i) => ({
		script: `${String(i).padStart(3, "0")}-${label}`,
		nr_free_pages: 6775,
	})),
	files: { zoneinfoBefore: ZONEINFO, dmesg },
	samples: list,
});

const warning = (pid: number, where: string): string =>
	`[    7.849900] WARNING: CPU: 0 PID: ${pid} at mm/page_alloc.c:4832 ${where}+0x303/0x310\n`;

describe("a recording made by hand", () => {
	const list = [
		samples("order11", 11, 0xcc0, [0, 0]),
		samples("fine", 0, 0xcc0, [1]),
		samples("nofail", 5, 0x8800, [1, 0]),
	];
	const log = warning(100, "__alloc_pages_noprof") + warning(106, "__alloc_pages_slowpath.constprop.0").repeat(2);

	test("outcomes, and warnings with their place and order, are equal", () => {
		const message =
			"cat: page allocation failure: order:5, mode:0x8800(__GFP_NOFAIL|__GFP_KSWAPD_RECLAIM), nodemask=(null),cpuset=/,mems_allowed=0";
		const replay = replayScope(recording(list, `${log}[    8.1] ${message}\n`), "v6.12.117");
		expect(replay.mismatches).toEqual([]);
		expect(replay).toMatchObject({ replayed: 5, equal: 5, given: 2, warnings: { recorded: 3, equal: 3 } });
	});

	test("each kind of difference is told", () => {
		const kinds = (made: ScopeRecording): string[] =>
			replayScope(made, "v6.12.117").mismatches.map((m) => `${m.label} ${m.sample}: ${m.kernel}, ${m.model}`);
		// A refused order that succeeded, a warning that the model has and the log has not, and a message.
		expect(kinds(recording([samples("order11", 11, 0xcc0, [1])], ""))).toEqual([
			"order11 A 11 0xcc0: memory, NULL",
			"order11 warning: none, __alloc_pages",
		]);
		expect(kinds(recording([samples("fine", 0, 0xcc0, [0])], warning(100, "__alloc_pages_noprof")))).toEqual([
			"fine A 0 0xcc0: NULL, memory",
			"fine warning: __alloc_pages, none there",
		]);
		const [message] = kinds(recording([samples("atomic", 5, 0x820, [0])], ""));
		expect(message).toContain("atomic message: none, cat: page allocation failure: order:5");
		// The right warning in the wrong script.
		const late = warning(100, "__alloc_pages_slowpath.constprop.0") + warning(103, "__alloc_pages_noprof");
		expect(kinds(recording([samples("order11", 11, 0xcc0, [0]), samples("fine", 0, 0xcc0, [1])], late))).toHaveLength(
			2,
		);
	});

	test("a message of vmalloc uses up the limit that all allocators share", () => {
		const vmalloc = samples("big", 2 ** 31, 0xcc0, [0], { op: "V" });
		const head =
			"cat: vmalloc error: size 2147483648, exceeds total pages, mode:0xcc0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0";
		const both = recording([vmalloc, samples("atomic", 5, 0x820, [0])], `[    8.2] ${head}\n`);
		const replay = replayScope(both, "v6.12.117");
		expect([replay.messages, replay.mismatches]).toEqual([{ recorded: 1, equal: 1 }, []]);
		// Ten seconds later the second message would be there.
		const late = recording([{ ...vmalloc, ns: [11e9] }, samples("atomic", 5, 0x820, [0])], `[    8.2] ${head}\n`);
		expect(replayScope(late, "v6.12.117").mismatches).toMatchObject([{ label: "atomic", sample: "message" }]);
	});

	test("kmalloc, kvmalloc and __vmalloc end as the kernel's do; what is timed under a mutex is counted", () => {
		const calls = [
			samples("zero", 0, 0xcc0, [1], { op: "M" }),
			samples("zero", 0, 0xcc0, [1], { op: "K" }),
			samples("zero", 0, 0xcc0, [0], { op: "V" }),
			samples("large", 8 * 2 ** 20, 0x2cc0, [0], { op: "M" }),
			samples("small", 8192, 0xcc0, [1], { op: "M" }),
			samples("area", 65_536, 0xcc0, [1], { op: "V" }),
			samples("held", 65_536, 0xcc0, [1], { op: "H" }),
		];
		const replay = replayScope(recording(calls, warning(100, "__vmalloc_node_range_noprof")), "v6.12.117");
		expect(replay.mismatches).toEqual([]);
		expect(replay).toMatchObject({ equal: 6, notModelled: { H: 1 }, warnings: { recorded: 1, equal: 1 } });
	});

	test("a log that lacks a message of the model, or has one more, is no match", () => {
		const vmalloc = samples("big", 2 ** 31, 0xcc0, [0], { op: "V" });
		const said = (dmesg: string) => replayScope(recording([vmalloc], dmesg), "v6.12.117").mismatches;
		expect(said("")).toMatchObject([{ label: "big", sample: "message", kernel: "none" }]);
		const nowarn = replayScope(
			recording([{ ...vmalloc, gfp: 0x2cc0 }], "[  8.2] cat: x, mode:0xcc0(GFP_KERNEL), nodemask=(null)\n"),
			"v6.12.117",
		);
		expect(nowarn.mismatches).toMatchObject([{ label: "log", sample: "message", model: "none there" }]);
	});

	test("warnings of a log are read with place, head and pid", () => {
		expect(
			loggedWarnings(`${log}[  8.2] cat: x, mode:0xcc0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0\nother`),
		).toEqual([
			{ where: "__alloc_pages", head: undefined, pid: 100 },
			{ where: "__alloc_pages_slowpath", head: undefined, pid: 106 },
			{ where: "__alloc_pages_slowpath", head: undefined, pid: 106 },
			{
				where: undefined,
				head: "cat: x, mode:0xcc0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0",
				pid: undefined,
			},
		]);
	});

	test("classes that cannot wait are found by running them dry", () => {
		const classes = nonSleepers(
			recording(
				[
					samples("nowait", 0, 0x2800, [1, 0, 1], { sw: [0, 1, 0] }),
					samples("kernel", 0, 0xcc0, [1]),
					samples("noreclaim", 2, 0xcc0, [1], { taskFlags: "0x400800" }),
					samples("nomemalloc", 2, 0x80cc0, [1], { taskFlags: "0x400800" }),
				],
				"",
			),
			"v6.12.117",
		);
		expect(classes.map((c) => [c.label, c.samples, c.switched, isSwitched(c)])).toEqual([
			["nowait", 3, 1, true],
			["noreclaim", 1, 0, false],
		]);
	});

	test("unusable recordings are refused with the field", () => {
		const broken = { ...recording(list, ""), samples: [{ ...list[0], gfp: -1 }] };
		expect(() => readScopeRecording(encode(broken), "x.json")).toThrow(/0/);
		expect(() => readScopeRecording(encode({ format: "mmprobe-buddy-1" }), "x.json")).toThrow(/mmprobe-scope-1/);
	});
});

describe.skipIf(sharedFolder === undefined)("oracle/scope (needs the shared folder)", () => {
	const read = (name: string): ScopeRecording => readScopeRecording(readShared(`oracle/${name}.json.gz`), name);
	let toobig: ScopeRecording;
	beforeAll(() => {
		toobig = read("scope/toobig");
	});

	test("toobig: all 1344 samples end as recorded, with the five warnings and the message where they were", () => {
		const replay = replayScope(toobig, "v6.12.117");
		expect(replay.mismatches).toEqual([]);
		expect(replay).toMatchObject({
			samples: 1344,
			replayed: 1344,
			equal: 1344,
			given: 352,
			notModelled: {},
			warnings: { recorded: 5, equal: 5 },
			messages: { recorded: 1, equal: 1 },
		});
		const lines = describeScope({ name: "toobig", replay, nonSleepers: nonSleepers(toobig, "v6.12.117") });
		for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
	});

	test.each(["scope/toobig", "scope/anon", "scope/file", "scope-patched/anon"])(
		"%s: requests that cannot wait were not switched away from, but for PF_MEMALLOC tasks with a mask that may sleep",
		(name) => {
			const classes = nonSleepers(read(name), "v6.12.117");
			expect(classes.length).toBeGreaterThan(2);
			const switched = classes.filter(isSwitched);
			// might_alloc() looks at the mask alone and is a preemption point of a kernel that preempts voluntarily.
			for (const c of switched) {
				expect([c.label, (Number(c.taskFlags) & 0x800) !== 0, (c.gfp & 0x400) !== 0]).toEqual([c.label, true, true]);
			}
		},
	);
});
