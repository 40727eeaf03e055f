import { statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../lib/run-command.ts";
import type { Check } from "./check-result.ts";
import { findPublishable, type WorkspacePackage } from "./workspace.ts";

export interface PackedPackage {
	readonly subject: WorkspacePackage;
	/** Absolute path of the tarball. */
	readonly tarball: string;
	readonly bytes: number;
	/** Paths inside it. */
	readonly files: ReadonlyArray<string>;
}

const LIBRARY_BYTES_MAX = 1_000_000;
const APP_BYTES_MAX = 5_000_000;
const REQUIRED = ["LICENSE", "README.md", "dist/index.d.ts", "dist/index.js", "package.json", "src/index.ts"];

async function pack(root: string, subject: WorkspacePackage, folder: string): Promise<PackedPackage> {
	const pnpm = join(root, "node_modules", ".bin", "pnpm");
	const result = await runCommand(pnpm, ["pack", "--json", "--pack-destination", folder], {
		cwd: join(root, subject.dir),
	});
	if (result.code !== 0) throw new Error(`${subject.dir}: pnpm pack failed: ${result.stdout}${result.stderr}`);
	const report = JSON.parse(result.stdout) as {
		readonly filename: string;
		readonly files: ReadonlyArray<{ readonly path: string }>;
	};
	return {
		subject,
		tarball: report.filename,
		bytes: statSync(report.filename).size,
		files: report.files.map(({ path }) => path),
	};
}

/** What is wrong with the contents of a tarball: source and types are in it, tests and fixtures are not. */
export function tarballProblems({ subject, bytes, files }: Omit<PackedPackage, "tarball">): string[] {
	const isApp = subject.dir.startsWith("apps/");
	const bytesMax = isApp ? APP_BYTES_MAX : LIBRARY_BYTES_MAX;
	const problems = REQUIRED.filter((path) => !files.includes(path)).map((path) => `lacks ${path}`);
	for (const path of files) {
		if (path.endsWith(".test.ts")) problems.push(`ships the test ${path}`);
		if (/fixture/.test(path) || (!isApp && path.endsWith(".gz"))) problems.push(`ships the fixture ${path}`);
	}
	if (bytes > bytesMax) problems.push(`has ${bytes} bytes packed, more than ${bytesMax}`);
	return problems.map((problem) => `${subject.dir}: the tarball ${problem}`);
}

/** A check over all tarballs; they are packed once and shared. */
const overTarballs = (
	name: string,
	packed: () => Promise<ReadonlyArray<PackedPackage>>,
	problemsOf: (packed: PackedPackage, root: string) => Promise<ReadonlyArray<string>>,
): Check => ({
	name,
	async run(root) {
		const problems: string[] = [];
		for (const each of await packed()) problems.push(...(await problemsOf(each, root)));
		return problems;
	},
});

async function toolProblems(
	root: string,
	program: string,
	args: ReadonlyArray<string>,
	dir: string,
): Promise<string[]> {
	const result = await runCommand(join(root, "node_modules", ".bin", program), args, { env: { NO_COLOR: "1" } });
	return result.code === 0 ? [] : [`${dir}: ${result.stdout.trim()}\n${result.stderr.trim()}`.trim()];
}

/** Checks of what would be published, to be run after the build; `dispose` removes the tarballs. */
export function packedChecks(root: string): {
	readonly checks: ReadonlyArray<Check>;
	readonly dispose: () => Promise<void>;
} {
	let folder: string | undefined;
	let packing: Promise<ReadonlyArray<PackedPackage>> | undefined;
	const packAll = async (): Promise<ReadonlyArray<PackedPackage>> => {
		folder = await mkdtemp(join(tmpdir(), "pagelab-packed-"));
		const packed: PackedPackage[] = [];
		for (const subject of findPublishable(root)) packed.push(await pack(root, subject, folder));
		return packed;
	};
	const packed = (): Promise<ReadonlyArray<PackedPackage>> => (packing ??= packAll());
	return {
		checks: [
			overTarballs("tarballs", packed, async (each) => tarballProblems(each)),
			overTarballs("publint --strict", packed, ({ tarball, subject }) =>
				toolProblems(root, "publint", ["run", "--strict", tarball], subject.dir),
			),
			overTarballs("attw --profile esm-only", packed, ({ tarball, subject }) =>
				toolProblems(root, "attw", ["--profile", "esm-only", "--no-color", "--no-emoji", tarball], subject.dir),
			),
		],
		dispose: async () => {
			if (folder !== undefined) await rm(folder, { recursive: true, force: true });
		},
	};
}
