import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { EXIT } from "../cli/exit-codes.ts";
import { DEFAULT_RECORDING } from "../compare/load-recording.ts";
import { fixturePath, readFixture } from "../../../../tools/fixtures/fixture.ts";
import { type Ran, runCommand } from "./run-command.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "pagelab-test-"));

const compare = (...argv: string[]): Promise<Ran> => runCommand("compare", ...argv);

/** A run of some tenths of a second. */
const QUICK = ["post-revert", "--seeds", "1", "--tasks", "1", "--inodes", "1", "--from", "0", "--until", "1"];

describe("unusable options and recordings end in one sentence, and nothing is printed", () => {
	const state = join(DEFAULT_RECORDING, "state.json.gz");
	const trace = join(DEFAULT_RECORDING, "trace.txt.gz");
	const made = (name: string, change: (at: string) => void): string => {
		const at = join(folder, name);
		mkdirSync(at);
		copyFileSync(state, join(at, "state.json.gz"));
		copyFileSync(trace, join(at, "trace.txt.gz"));
		change(at);
		return at;
	};
	const cut = made("cut", (at) => writeFileSync(join(at, "trace.txt.gz"), readFileSync(trace).subarray(0, 100_000)));
	const future = made("future", (at) =>
		writeFileSync(
			join(at, "state.json.gz"),
			gzipSync(gunzipSync(readFileSync(state)).toString().replaceAll("mmprobe-trace-1", "mmprobe-trace-9")),
		),
	);
	const halved = made("halved", (at) => {
		const text = gunzipSync(readFileSync(trace)).toString();
		writeFileSync(join(at, "trace.txt.gz"), gzipSync(text.slice(0, text.lastIndexOf("\n", text.length / 2) + 1)));
	});
	const empty = join(folder, "empty");
	mkdirSync(empty);

	test.each([
		["an unknown design", ["post-revrt"], /unknown design "post-revrt", did you mean "post-revert"\?/],
		["a design far from any", ["xyz"], /unknown design "xyz", expected one of pre-revert, post-revert, naive-nofs/],
		["a design twice", ["pre-revert", "pre-revert"], /a design stands twice/],
		["an unknown kernel", ["--profile", "v7.0"], /unknown kernel "v7\.0", expected one of v6\.11/],
		["no seeds", ["--seeds", "x"], /"x" is no list of seeds/],
		["a seed twice", ["--seeds", "1,1"], /a seed stands twice/],
		["no tasks", ["--tasks", "0"], /--tasks 0 is not usable, expected a whole number from 1 to 1000/],
		["an end before the beginning", ["--from", "9", "--until", "8"], /--until 8 is not usable/],
		["a missing folder", ["--recording", join(folder, "absent")], /absent: there is no recording in this folder/],
		["an empty folder", ["--recording", empty], /empty: there is no recording in this folder/],
		["a truncated trace", ["--recording", cut], /trace\.txt\.gz:byte 100000: the gzip data is truncated/],
		["a format of the future", ["--recording", future], /"mmprobe-trace-9" is newer than this version/],
		["half a trace", ["--recording", halved], /halved.*it is cut off, or of another recording/],
	])("%s", async (_, args, sentence) => {
		const { code, out, err } = await compare(...args);
		expect({ code, out }).toEqual({ code: EXIT.UNUSABLE, out: "" });
		expect(err).toMatch(sentence);
		expect(err.trimEnd().split("\n")).toHaveLength(1);
	});
});

test.each(["--html", "--svg", "--output"])(
	"%s in a place that cannot be written leaves nothing behind",
	async (option) => {
		const place = mkdtempSync(join(folder, "place-"));
		const other = join(place, "page.html");
		const { code, out, err } = await compare(...QUICK, "--html", other, option, join(place, "absent", "x"));
		expect({ code, out }).toEqual({ code: EXIT.UNUSABLE, out: "" });
		expect(err).toContain("cannot write the file: no such file or directory");
		expect(readdirSync(place)).toEqual([]);
	},
);

test("a page and a picture are written beside the result", async () => {
	const [html, svg] = [join(folder, "page.html"), join(folder, "picture.svg")];
	const { code, out, err } = await compare(...QUICK, "--html", html, "--svg", svg);
	expect(code).toBe(EXIT.DONE);
	expect(out).toMatch(/^pagelab comparison\n/);
	expect(err).toBe(`pagelab: The page is in ${html}.\npagelab: The picture is in ${svg}.\n`);
	expect(readFileSync(html, "utf8")).toMatch(/^<!doctype html>/i);
	expect(readFileSync(svg, "utf8")).toMatch(/^<svg /);
});

test("the line that repeats a run gives the same run", async () => {
	const first = await compare(...QUICK, "--json");
	const { command } = JSON.parse(first.out) as { command: string[] };
	expect(command.slice(0, 2)).toEqual(["pagelab", "compare"]);
	expect(await compare(...command.slice(2), "--json")).toEqual(first);
});

test("the table fits 80 columns", async () => {
	const { out } = await compare(...QUICK);
	const width = Math.max(
		...out
			.split("\n")
			.slice(0, -2)
			.map((line) => line.length),
	);
	expect(width).toBeLessThanOrEqual(80);
});

describe("a machine instead of a recording", () => {
	const log = fixturePath("klog/106.log");
	const text = new TextDecoder().decode(readFixture("klog/106.log"));
	const flat = (out: string): string => out.replace(/[\s\\]+/g, " ");

	test("the foreground starts on the machine of a logged event, and what is not in the log is said", async () => {
		const { code, out } = await compare(...QUICK, "--state", log);
		expect(code).toBe(EXIT.DONE);
		expect(out).toContain("on a machine that stands still:");
		expect(flat(out)).toContain("nobody but the foreground runs on this machine");
		expect(flat(out)).toContain("the profile v6.11 is nearest to it");
		expect(flat(out)).toContain(`--state ${log}`);
	});

	test("the same machine gives the same result", async () => {
		const [first, second] = [await compare(...QUICK, "--state", log), await compare(...QUICK, "--state", log)];
		expect(first.out).toBe(second.out);
	});

	test.each([
		["both at once", ["--state", log, "--recording", folder], /--state and --recording exclude each other/],
		["an event that is not there", ["--state", `${log}#7`], /there is no event 7 in this log, expected 1 to 1/],
	])("%s", async (_, args, sentence) => {
		const { code, err } = await compare(...QUICK, ...args);
		expect(code).toBe(EXIT.UNUSABLE);
		expect(err).toMatch(sentence);
	});

	test("a machine that has nothing to give is refused", async () => {
		const empty = join(folder, "empty.log");
		// All zones without free pages; the log has none on LRU lists.
		writeFileSync(empty, text.replace(/free:\d+kB/g, "free:0kB").replace(/\d+\*(\d+)kB/g, "0*$1kB"));
		const { code, err } = await compare(...QUICK, "--state", empty);
		expect(code).toBe(EXIT.UNUSABLE);
		expect(err).toMatch(/nothing can be reclaimed, so that the foreground would wait for ever/);
	});
});
