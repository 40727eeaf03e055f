import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fixturePath } from "../../../tools/fixtures/fixture.ts";
import { EXIT, EXIT_CODES } from "./cli/exit-codes.ts";
import { COMMANDS } from "./commands/registry.ts";
import { runCommand } from "./commands/run-command.fixture.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const recording = fixturePath("buddy/c128-1-mixed.json.gz");
const folder = mkdtempSync(join(tmpdir(), "pagelab-test-"));

interface Ran {
	readonly status: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

const node = ["--conditions=@pagelab/source", main];

function pagelab(...args: string[]): Ran {
	const { status, stdout, stderr } = spawnSync(process.execPath, [...node, ...args], { encoding: "utf8", cwd: folder });
	return { status, stdout, stderr };
}

test("every command of the registry is in the help and has help, --json and --output of its own", async () => {
	const { stdout } = pagelab("--help");
	for (const { name } of COMMANDS) {
		expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
		const help = await runCommand(name, "--help");
		expect(help).toMatchObject({ code: EXIT.DONE, err: "" });
		expect(help.out).toContain("--json");
		expect(help.out).toContain("--output <file>");
		expect(Math.max(...help.out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
	}
});

test("the README has the table of exit codes", () => {
	const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8").replaceAll(/ +/g, " ");
	for (const [code, meaning] of EXIT_CODES) expect(readme).toContain(`| ${code} | ${meaning} |`);
	for (const { name } of COMMANDS) expect(readme).toContain(`pagelab ${name}`);
});

test("a pipe gets neither colours nor progress", () => {
	const { status, stdout, stderr } = pagelab("map", recording);
	expect({ status, stderr }).toEqual({ status: EXIT.DONE, stderr: "" });
	expect(stdout).toMatch(/^dev-c128-1-mixed, initial\n/);
	expect(stdout).not.toContain("\u001B");
});

test("a reader that goes away early is no error", async () => {
	const child = spawn(process.execPath, [...node, "map", recording], { stdio: ["ignore", "pipe", "pipe"] });
	child.stdout.destroy();
	let stderr = "";
	child.stderr.on("data", (text: Buffer) => {
		stderr += text.toString();
	});
	const [code] = (await once(child, "close")) as [number | null];
	expect({ code, stderr }).toEqual({ code: EXIT.DONE, stderr: "" });
});

describe("bad input", () => {
	const bytes = readFileSync(recording);
	const cut = join(folder, "cut.json.gz");
	writeFileSync(cut, bytes.subarray(0, 20_000));

	const text = gunzipSync(bytes).toString();
	const future = join(folder, "future.json");
	writeFileSync(future, text.replace("mmprobe-buddy-1", "mmprobe-buddy-7"));
	const contradiction = join(folder, "contradiction.json");
	writeFileSync(contradiction, text.replace('"nr_free":[0,0,0,0,0,1', '"nr_free":[0,0,0,0,0,2'));
	const plain = join(folder, "plain.json.gz");
	writeFileSync(plain, text);

	test.each([
		[
			["map", future],
			`pagelab: ${future}:format: the format "mmprobe-buddy-7" is newer than this version of pagelab, which knows mmprobe-buddy-1, mmprobe-trace-1, mmprobe-oom-1\n`,
		],
		[
			["map", contradiction],
			`pagelab: ${contradiction}:initial.nodes[0].zones[0].free[5]: the lists have 1 blocks, but nr_free says 2\n`,
		],
		[["map", plain], `pagelab: ${plain}:byte 0: this is not gzip data, though the name ends in .gz\n`],
		[["mop", recording], "pagelab: unknown command 'mop' (Did you mean map?)\n"],
		[["map", recording, "--att", "final"], "pagelab: unknown option '--att' (Did you mean --at?)\n"],
		[["map", "absent.json"], "pagelab: absent.json: cannot read the file: no such file or directory\n"],
		[["map", cut], `pagelab: ${cut}:byte 20000: the gzip data is truncated\n`],
		[
			["map", recording, "--at", "noon"],
			"pagelab: option '--at <moment>' argument 'noon' is invalid. Allowed choices are initial, final.\n",
		],
		[
			["snapshot", "--name", "a b"],
			"pagelab: option '--name <name>' argument 'a b' is invalid. Expected letters, digits, dots, dashes and underscores.\n",
		],
	])("%j", async (args, stderr) => {
		const { code, out, err } = await runCommand(...args);
		expect({ code, out, err: err.toLowerCase() }).toEqual({
			code: EXIT.UNUSABLE,
			out: "",
			err: stderr.toLowerCase(),
		});
	});

	test("the process ends with the code of the command, in the folder where it was called", () => {
		const sentence = "pagelab: absent.json: cannot read the file: no such file or directory\n";
		expect(pagelab("map", "absent.json")).toEqual({ status: EXIT.UNUSABLE, stdout: "", stderr: sentence });
	});

	test("no output file is left half-written", () => {
		const file = join(folder, "never.txt");
		expect(pagelab("map", cut, "--output", file).status).toBe(EXIT.UNUSABLE);
		expect(existsSync(file)).toBe(false);
	});
});
