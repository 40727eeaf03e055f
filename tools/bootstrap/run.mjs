// The one door of the root scripts: installs once, then runs the task with the Node that node_modules brings along.
// Plain JavaScript without imports from node_modules, because it runs on Node 20 before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { refuseInstall, refuseSource } from "./node-version.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const modules = join(root, "node_modules");
const stamp = join(modules, ".pagelab-installed");
const env = {
	...process.env,
	PATH: join(modules, ".bin") + delimiter + process.env.PATH,
	TURBO_TELEMETRY_DISABLED: "1",
	npm_config_update_notifier: "false",
	LC_ALL: "C",
	TZ: "UTC",
};
const shell = process.platform === "win32";

/** Exit code of a child, with its output passed through; a signal counts as failure. */
function run(command, args, cwd, stdio = "inherit") {
	const result = spawnSync(command, args, { cwd, stdio, shell, env });
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
	// stdout belongs to the task: the progress of pnpm goes to stderr.
	const code = run("npx", ["--yes", pin, "install", "--frozen-lockfile", "--reporter=append-only"], root, [
		"inherit",
		2,
		2,
	]);
	if (code === 0) writeFileSync(stamp, lock);
	return code;
}

function nodeVersion() {
	const result = spawnSync("node", ["--version"], { encoding: "utf8", shell, env });
	return result.status === 0 ? result.stdout.trim() : undefined;
}

function refuse(sentence, code) {
	console.error(`pagelab: ${sentence}`);
	return code;
}

const [task, ...rest] = process.argv.slice(2);
const onSource = "--conditions=@pagelab/source";
const cli = [onSource, join(root, "apps", "compare", "src", "main.ts")];
// The caller's directory, so that `pnpm pagelab verify FILE` finds FILE where the user stands.
const callerDir = process.env.INIT_CWD ?? process.cwd();
const tasks = {
	start: () => run("node", [...cli, "compare", ...rest], callerDir),
	pagelab: () => run("node", [...cli, ...rest], callerDir),
	test: () => run("vitest", ["run", ...rest], root),
	deep: () => run("vitest", ["run", "--config", "vitest.deep.config.ts", ...rest], root),
	check: () => run("node", [join(root, "tools", "checks", "check.ts"), ...rest], root),
	bench: () => run("node", [join(root, "tools", "bench", "bench.ts"), ...rest], root),
};

function main() {
	if (task === undefined || !Object.hasOwn(tasks, task)) {
		return refuse(`unknown task ${task ?? "(none)"}, expected one of ${Object.keys(tasks).join(", ")}`, 2);
	}
	const tooOld = refuseInstall(process.version);
	if (tooOld !== undefined) return refuse(tooOld, 2);
	const installed = install();
	if (installed !== 0) return installed;
	const unfit = refuseSource(nodeVersion(), `${process.platform}-${process.arch}`);
	return unfit === undefined ? tasks[task]() : refuse(unfit, 2);
}

process.exit(main());
