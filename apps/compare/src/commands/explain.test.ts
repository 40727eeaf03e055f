import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fixturePath, readFixture } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { EXIT } from "../cli/exit-codes.ts";
import { runCommand } from "./run-command.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "pagelab-test-"));
const write = (name: string, content: string | Uint8Array): string => {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
};

test("a failed allocation is explained, in 80 columns and without colours", async () => {
	const { code, out, err } = await runCommand("explain", fixturePath("klog/106.log"));
	expect({ code, err }).toEqual({ code: EXIT.DONE, err: "" });
	expect(out).toContain("\nWhat happened\n-------------\n- ");
	expect(out).toContain("The mask allows zone DMA of node 0 only, where there is no memory at all");
	expect(out.split("\n").filter((line, i) => i > 0 && line.length > 80)).toEqual([]);
	expect(out).not.toContain("\u001b");
});

test("an OOM kill is told from the request to what would have changed it", async () => {
	const { code, out } = await runCommand("explain", fixturePath("klog/001.log"));
	expect(code).toBe(EXIT.DONE);
	const headings = out.split("\n").filter((_, i, lines) => /^-+$/.test(lines[i + 1] ?? ""));
	expect(headings).toEqual([
		"What happened",
		"What asked for memory",
		"Why it could not be served",
		"Where the machine's memory was",
		"Who was killed, and why that one",
		"What the kill brings",
		"Is another kill likely?",
		"What other OOM policies would have done",
		"What would have changed it",
	]);
	expect(out).toContain("the kernel killed memfill (pid 1452)");
});

test("gzip is unpacked, and --json and --html go together", async () => {
	const packed = write("log.gz", gzipSync(readFixture("klog/118.log")));
	const page = join(folder, "page.html");
	const { code, out, err } = await runCommand("explain", packed, "--json", "--html", page);
	expect(code).toBe(EXIT.DONE);
	expect(err).toBe(`pagelab: The page is in ${page}.\n`);
	const json = JSON.parse(out) as { schema: string; explained: { unserved: { reason: string } } };
	expect(json).toMatchObject({ schema: "pagelab-explanation-1", explained: { unserved: { reason: "no block" } } });
	expect(readFileSync(page, "utf8")).toMatch(/^<!DOCTYPE html>.*<h2>What happened<\/h2>/s);
});

test("several events: the worst, or the one that is asked for", async () => {
	const file = fixturePath("klog/128.log");
	const worst = await runCommand("explain", file);
	expect(worst.out.replaceAll("\n", " ")).toContain(", event 1 of 11: page allocation failure (lines ");
	expect(worst.out).toContain("Timeline\n--------\n");
	const third = await runCommand("explain", file, "--event", "3");
	expect(third.out.replaceAll("\n", " ")).toContain(", event 3 of 11: slab failure (lines ");
	expect(await runCommand("explain", file, "--event", "12")).toEqual({
		code: EXIT.UNUSABLE,
		out: "",
		err: `pagelab: ${file}: the log has 11 events, there is no event 12\n`,
	});
	expect((await runCommand("explain", file, "--event", "0")).code).toBe(EXIT.UNUSABLE);
});

test("anonymized output does not name the file either", async () => {
	const { out } = await runCommand("explain", fixturePath("klog/071.log"), "--anonymize");
	expect(out).toMatch(/^log: OOM kill, some nodes or a cpuset \(lines 1-\d+, Linux 5\.8\.2\)\n/);
	expect(out).toContain("task-1 (pid 8291) asked for one page");
	expect(out).not.toContain("runc");
});

describe("unusable input: one sentence and exit code 2", () => {
	test.each<[string, string | Uint8Array, string]>([
		["empty.log", "", "the input is empty, expected a kernel log with an OOM kill or a failed allocation"],
		[
			"none.log",
			"hello\n",
			"there is no event in this log, expected a kernel log with an OOM kill or a failed allocation",
		],
		[
			"proc.txt",
			"==> /proc/zoneinfo <==\nNode 0, zone DMA\n",
			"these are files of /proc and no kernel log; `pagelab map` draws the state in them",
		],
		["plain.gz", "hello\n", "this is not gzip data, though the name ends in .gz at byte 0"],
		["cut.gz", gzipSync(readFixture("klog/118.log")).subarray(0, 900), "the gzip data is truncated"],
	])("%s", async (name, content, message) => {
		const { code, out, err } = await runCommand("explain", write(name, content));
		expect({ code, out }).toEqual({ code: EXIT.UNUSABLE, out: "" });
		expect(err).toMatch(/^pagelab: [^\n]+\n$/);
		expect(err).toContain(message.replace(/ at byte 0$/, ""));
	});

	test("a file that is not there, a folder", async () => {
		expect((await runCommand("explain", join(folder, "no.log"))).err).toContain("no such file or directory");
		expect((await runCommand("explain", folder)).code).toBe(EXIT.UNUSABLE);
	});
});

/** The command in a process of its own, with bytes written to its stdin. */
function runWithStdin(
	chunks: Iterable<Uint8Array>,
	...argv: string[]
): Promise<{ code: number | null; out: string; rssKb: number }> {
	const main = new URL("../main.ts", import.meta.url).pathname;
	const measure = `data:text/javascript,${encodeURIComponent('process.on("exit", () => process.stderr.write(`rss ${process.resourceUsage().maxRSS}`));')}`;
	const child = spawn(process.execPath, [
		"--conditions=@pagelab/source",
		`--import=${measure}`,
		main,
		"explain",
		...argv,
	]);
	let out = "";
	let err = "";
	child.stdout.on("data", (data: Buffer) => (out += data.toString()));
	child.stderr.on("data", (data: Buffer) => (err += data.toString()));
	const feed = async (): Promise<void> => {
		for (const chunk of chunks) {
			if (!child.stdin.write(chunk)) await new Promise((resolve) => child.stdin.once("drain", resolve));
		}
		child.stdin.end();
	};
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code) => resolve({ code, out, rssKb: Number(/rss (\d+)/.exec(err)?.[1]) }));
		feed().catch(reject);
	});
}

/** Lines that look like a log's, `bytes` of them around an event. */
function* junkAround(event: Uint8Array, bytes: number): Generator<Uint8Array, void, void> {
	const line = "Jan 28 19:58:45 host app[77]: request 4711 done in 12 ms, memory: fine, order: 66\n";
	const chunk = Buffer.from(line.repeat(Math.floor((1 << 20) / line.length)));
	for (let sent = 0; sent < bytes / 2; sent += chunk.length) yield chunk;
	yield event;
	for (let sent = 0; sent < bytes / 2; sent += chunk.length) yield chunk;
}

test("stdin is read as it comes: memory does not grow with it", { timeout: 120_000 }, async () => {
	const event = readFixture("klog/106.log");
	const small = await runWithStdin(junkAround(event, 2 << 20), "-");
	const large = await runWithStdin(junkAround(event, 256 << 20));
	expect(small.code).toBe(EXIT.DONE);
	expect(large.code).toBe(EXIT.DONE);
	const body = (out: string): string => out.slice(out.indexOf("What happened"));
	expect(body(large.out)).toBe(body(small.out));
	// Half of what was read: the peak has chunks in flight and what the collector has not come to yet, 30 to 70 MB of it.
	expect(large.rssKb - small.rssKb).toBeLessThan(128 * 1024);
});

test.skipIf(sharedFolder === undefined)("real logs of each kind end well (needs the shared folder)", async () => {
	for (const id of ["001", "025", "045", "073", "118", "163", "201", "222", "252"]) {
		const { code, out } = await runCommand("explain", join(sharedFolder as string, "klog", id, "log.txt"));
		expect(code, id).toBe(EXIT.DONE);
		expect(out, id).toContain("What happened");
	}
});
