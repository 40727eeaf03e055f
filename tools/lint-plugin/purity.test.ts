import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plantTree } from "../lib/planted-tree.ts";
import { projectRoot } from "../lib/project-root.ts";
import { runCommand } from "../lib/run-command.ts";

/** Source line → the rule that must catch it inside `packages/x/src`. */
const PLANTED: ReadonlyArray<readonly [string, string]> = [
	['import { readFileSync } from "node:fs"; readFileSync("x");', "no-restricted-imports"],
	['import { readFileSync } from "fs"; readFileSync("x");', "prefer-node-protocol"],
	['await import("node:fs");', "no-restricted-imports"],
	['console.log("x");', "no-restricted-globals"],
	["export const x: unknown = process.argv;", "no-restricted-globals"],
	["export const x: unknown = Buffer.from([1]);", "no-restricted-globals"],
	["export const x: string = document.title;", "no-restricted-globals"],
	["export const x: unknown = window;", "no-restricted-globals"],
	["export const x: unknown = globalThis.process;", "no-restricted-globals"],
	['export const x: unknown = fetch("x");', "no-restricted-globals"],
	["export const x: number = Date.now();", "no-restricted-globals"],
	["export const x: unknown = new Date();", "no-restricted-globals"],
	["export const x: number = performance.now();", "no-restricted-globals"],
	["export const x: string = crypto.randomUUID();", "no-restricted-globals"],
	["setTimeout(() => {}, 1);", "no-restricted-globals"],
	["export const x: unknown = new Intl.NumberFormat();", "no-restricted-globals"],
	["export const x: unknown = new WeakRef({});", "no-restricted-globals"],
	["export const x: number = Math.random();", "exact-maths"],
	["export const x: number = Math.log(2);", "exact-maths"],
	["export const x: number = Math.exp(2);", "exact-maths"],
	["export const x: number = Math.pow(2, 0.5);", "exact-maths"],
	["export const x: number = Math.sin(1);", "exact-maths"],
	["export const x: number = Math.hypot(1, 2);", "exact-maths"],
	['export const x: number = Math["log2"](2);', "exact-maths"],
	["const { exp } = Math; export const x: number = exp(1);", "exact-maths"],
	["const m = Math; export const x: number = m.log10(1);", "exact-maths"],
	['export const x: unknown = Reflect.get(Math, "log");', "exact-maths"],
	['export const x: number = "a".localeCompare("b");', "no-locale"],
	["export const x: string = (1).toLocaleString();", "no-locale"],
];

const ALLOWED = `
export const x: number = Math.sqrt(Math.max(Math.floor(1.5), Math.imul(2, 3), Math.PI));
export const y: { readonly Math: number; readonly process: number } = { Math: 1, process: 2 };
export const z: number = y.Math + y.process;
export function elapsed(performance: { readonly ticks: number }): number {
	return performance.ticks;
}
`;

interface LintReport {
	readonly diagnostics: ReadonlyArray<{ readonly code: string; readonly filename: string }>;
}

const OXLINT = join(projectRoot, "node_modules", ".bin", "oxlint");

/** Lints a tree under this project's own configuration; type information needs its node_modules and is left out. */
async function lint(files: Readonly<Record<string, string>>): Promise<LintReport["diagnostics"]> {
	const config = readFileSync(join(projectRoot, ".oxlintrc.json"), "utf8");
	using tree = plantTree({
		".oxlintrc.json": config.replace('"typeAware": true', '"typeAware": false'),
		"tools/lint-plugin/index.mjs": readFileSync(new URL("index.mjs", import.meta.url), "utf8"),
		...files,
	});
	const result = await runCommand(OXLINT, ["--format=json", "."], { cwd: tree.root });
	return (JSON.parse(result.stdout) as LintReport).diagnostics;
}

test("each planted impurity is caught by its rule, in its file", async () => {
	const found = await lint(
		Object.fromEntries(PLANTED.map(([line], index) => [`packages/x/src/planted-${index}.ts`, `${line}\n`])),
	);
	for (const [index, [line, rule]] of PLANTED.entries()) {
		const codes = found.filter(({ filename }) => filename.endsWith(`planted-${index}.ts`)).map(({ code }) => code);
		expect(codes.join(" "), line).toContain(`(${rule})`);
	}
});

test("exact maths and names that only look like globals are allowed", async () => {
	expect(await lint({ "packages/x/src/allowed.ts": ALLOWED })).toEqual([]);
});

test("tests of a package, apps and tools may have effects", async () => {
	const effects = 'console.log(process.argv, Date.now(), Math.log(2), "a".localeCompare("b"));\n';
	const found = await lint({
		"packages/x/src/impure.ts": effects,
		"packages/x/src/impure.test.ts": `import { expect, test } from "vitest";\ntest("x", () => expect(1).toBe(1));\n${effects}`,
		"apps/x/src/impure.ts": effects,
		"tools/x/impure.ts": effects,
	});
	expect([...new Set(found.map(({ filename }) => filename))]).toEqual(["packages/x/src/impure.ts"]);
});
