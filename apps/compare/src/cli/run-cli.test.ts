import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError, InvariantError } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import type { CliCommand, CommandAction } from "./cli-command.ts";
import { EXIT, EXIT_CODES } from "./exit-codes.ts";
import { runCli } from "./run-cli.ts";

interface Ran {
	readonly code: number;
	readonly out: string;
	readonly err: string;
}

const commandOf = (name: string, action: CommandAction<[string, { depth?: string }]>): CliCommand => ({
	name,
	declare: (command, bind) => {
		command.argument("<file>").option("--depth <n>", "how deep").action(bind(action));
	},
});

async function runWith(
	argv: readonly string[],
	action: CommandAction<[string, { depth?: string }]>,
	options: { tty?: boolean; env?: Record<string, string> } = {},
): Promise<Ran> {
	let out = "";
	let err = "";
	const isTTY = options.tty === true;
	const code = await runCli(argv, {
		stdout: { isTTY, write: (text: string) => (out += text) },
		stderr: { isTTY, write: (text: string) => (err += text) },
		env: options.env ?? {},
		version: "1.2.3",
		commands: [commandOf("map", action), commandOf("verify", () => EXIT.DONE)],
	});
	return { code, out, err };
}

const done: CommandAction<[string, { depth?: string }]> = (io, file, { depth }) => {
	if (io.json) io.printJson({ file, depth });
	else io.print(io.style("red", `${file} ${depth}`));
	return EXIT.DONE;
};

test("a command gets its arguments and options, and its code is the exit code", async () => {
	expect(await runWith(["map", "a.json", "--depth", "3"], done)).toEqual({ code: 0, out: "a.json 3\n", err: "" });
	for (const [code] of EXIT_CODES) {
		expect((await runWith(["map", "x"], () => code)).code).toBe(code);
	}
});

test("--json reaches every command", async () => {
	const { out } = await runWith(["map", "a", "--json"], done);
	expect(JSON.parse(out)).toEqual({ file: "a" });
});

test.each([
	[["mapp", "x"], /^pagelab: unknown command 'mapp' \(did you mean map\?\)\n$/i],
	[["map", "x", "--jsno"], /^pagelab: unknown option '--jsno' \(did you mean --json\?\)\n$/i],
	[["map"], /^pagelab: missing required argument 'file'\n$/],
	[["map", "a", "b"], /^pagelab: too many arguments for 'map'. Expected 1 argument but got 2.*\n$/],
	[["map", "a", "--depth"], /^pagelab: option '--depth <n>' argument missing\n$/],
	[[], /^pagelab: a command is missing/],
])("%j is refused in one sentence with exit code 2", async (argv, message) => {
	const ran = await runWith(argv, done);
	expect(ran.code).toBe(EXIT.UNUSABLE);
	expect(ran.err).toMatch(message);
	expect(ran.out).toBe("");
});

test("the help of the program and of each command ends with the exit codes", async () => {
	const table = EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`).join("\n");
	for (const argv of [["--help"], ["map", "--help"]]) {
		const { code, out, err } = await runWith(argv, done);
		expect({ code, err }).toEqual({ code: 0, err: "" });
		expect(out).toContain(`Exit codes:\n${table}\n`);
		expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
	}
	expect(await runWith(["--version"], done)).toEqual({ code: 0, out: "1.2.3\n", err: "" });
});

describe("failures", () => {
	test("unusable input is one sentence with its place and exit code 2, and nothing is printed", async () => {
		const ran = await runWith(["map", "x"], (io) => {
			io.print("half a result");
			throw new InputError("expected a zone", { file: "a.txt", line: 3 });
		});
		expect(ran).toEqual({ code: EXIT.UNUSABLE, out: "", err: "pagelab: a.txt:3: expected a zone\n" });
	});

	test("control characters of a hostile name do not reach the terminal", async () => {
		const ran = await runWith(["map", "x"], () => {
			throw new InputError("cannot read", { file: "\u001B]0;evil\u0007\n\u009B2J" });
		});
		expect(ran.err).toBe("pagelab: \\x1b]0;evil\\x07\\x0a\\x9b2J: cannot read\n");
	});

	test.each([new InvariantError("count is off"), new TypeError("x is undefined"), "a thrown string"])(
		"%s is called a bug, exit code 70, with the stack only on demand",
		async (thrown) => {
			const fail = (): never => {
				throw thrown;
			};
			const ran = await runWith(["map", "x"], fail);
			expect(ran.code).toBe(EXIT.BUG);
			expect(ran.err).toMatch(/^pagelab: this is a bug in pagelab \(.*\); PAGELAB_DEBUG=1 shows where it happened\n$/);
			const debug = await runWith(["map", "x"], fail, { env: { PAGELAB_DEBUG: "1" } });
			expect(debug.err.includes("run-cli.test.ts")).toBe(thrown instanceof Error);
		},
	);
});

describe("terminals", () => {
	test.each([
		[true, {}, true],
		[false, {}, false],
		[true, { NO_COLOR: "1" }, false],
		[true, { NO_COLOR: "" }, true],
		[true, { TERM: "dumb" }, false],
	])("tty %s with %j: colours %s", async (tty, env, coloured) => {
		const { out } = await runWith(["map", "a", "--depth", "3"], done, { tty, env });
		expect(out).toBe(coloured ? "\u001B[31ma 3\u001B[39m\n" : "a 3\n");
	});

	const slow: CommandAction<[string, { depth?: string }]> = (io) => {
		io.progress("1 of 2");
		io.note("careful");
		io.progress("2 of 2");
		io.print("result");
		return EXIT.DONE;
	};

	test("progress is shown and cleared on a terminal", async () => {
		const { out, err } = await runWith(["map", "a"], slow, { tty: true });
		expect(err).toBe("\r\u001B[K1 of 2\r\u001B[Kpagelab: careful\n\r\u001B[K2 of 2\r\u001B[K");
		expect(out).toBe("result\n");
	});

	test("in a pipe there is no progress, notes stay", async () => {
		const { out, err } = await runWith(["map", "a"], slow);
		expect({ out, err }).toEqual({ out: "result\n", err: "pagelab: careful\n" });
	});
});

describe("--output", () => {
	const folder = (): string => mkdtempSync(join(tmpdir(), "pagelab-test-"));

	test("the result goes to the file, without colours, and nothing to stdout", async () => {
		const file = join(folder(), "out.txt");
		const ran = await runWith(["map", "a", "-o", file], done, { tty: true });
		expect(ran).toEqual({ code: 0, out: "", err: "" });
		expect(readFileSync(file, "utf8")).toBe("a undefined\n");
	});

	test("a command that fails leaves an old file alone and no temporary file behind", async () => {
		const dir = folder();
		const file = join(dir, "out.txt");
		writeFileSync(file, "old");
		const ran = await runWith(["map", "a", "--output", file], (io) => {
			io.print("new");
			throw new InputError("no");
		});
		expect(ran.code).toBe(EXIT.UNUSABLE);
		expect(readFileSync(file, "utf8")).toBe("old");
		expect(readdirSync(dir)).toEqual(["out.txt"]);
	});

	test("a place that cannot be written is exit code 2", async () => {
		const file = join(folder(), "missing", "out.txt");
		const ran = await runWith(["map", "a", "--output", file], done);
		expect(ran.code).toBe(EXIT.UNUSABLE);
		expect(ran.err).toBe(`pagelab: ${file}: cannot write the file: no such file or directory\n`);
	});
});
