// The one door of the root scripts: installs once, then runs the task with the Node that node_modules brings along.
// Plain JavaScript without imports from node_modules, because it runs on Node 20 before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const modules = join(root, "node_modules");
const stamp = join(modules, ".pagelab-installed");

/** Exit code of a child, with its output passed through; a signal counts as failure. */
function run(command, args, cwd) {
	const result = spawnSync(command, args, {
		cwd,
		stdio: "inherit",
		shell: process.platform === "win32",
		env: {
			...process.env,
			PATH: join(modules, ".bin") + delimiter + process.env.PATH,
			TURBO_TELEMETRY_DISABLED: "1",
			LC_ALL: "C",
			TZ: "UTC",
		},
	});
	if (result.error) {
		console.error(`pagelab: cannot run ${command}: ${result.error.message}`);
		return 1;
	}
	return result.status ?? 1;
}

/** Installs when the lockfile is not the one of the last installation. */
function install() {
	const lock = createHash("sha256")
		.update(readFileSync(join(root, "pnpm-lock.yaml")))
		.digest("hex");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return 0;
	const pin = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;
	// stdout of `npm start` belongs to the comparison; pnpm's progress goes through as it is.
	const code = run("npx", ["--yes", pin, "install", "--frozen-lockfile", "--reporter=append-only"], root);
	if (code === 0) writeFileSync(stamp, lock);
	return code;
}

const [task, ...rest] = process.argv.slice(2);
const cli = ["--conditions=@pagelab/source", join(root, "apps", "compare", "src", "main.ts")];
// The caller's directory, so that `pnpm pagelab verify FILE` finds FILE where the user stands.
const callerDir = process.env.INIT_CWD ?? process.cwd();
const tasks = {
	start: () => run("node", [...cli, "compare", ...rest], callerDir),
	pagelab: () => run("node", [...cli, ...rest], callerDir),
	test: () => run("vitest", ["run", ...rest], root),
	deep: () => run("vitest", ["run", "--config", "vitest.deep.config.ts", ...rest], root),
};
const selected = tasks[task];
if (selected === undefined) {
	console.error(`pagelab: unknown task ${task}, expected one of ${Object.keys(tasks).join(", ")}`);
	process.exit(2);
}
process.exit(install() || selected());
