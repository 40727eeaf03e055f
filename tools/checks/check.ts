// pnpm check: everything that is checked without running the tests. README.md beside this file lists the checks.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { projectRoot } from "../lib/project-root.ts";
import { checkBoundaries } from "./check-boundaries.ts";
import { checkChangesets } from "./check-changesets.ts";
import { checkDependencyDecisions } from "./check-dependency-decisions.ts";
import { checkLinks } from "./check-links.ts";
import { checkPackages } from "./check-packages.ts";
import { checkRepositorySize } from "./check-repository-size.ts";
import type { Check } from "./check-result.ts";
import { checkSameBytes } from "./check-same-bytes.ts";
import { checkText } from "./check-text.ts";
import { commandCheck } from "./command-check.ts";
import { checkGeneratedDocs, fixGeneratedDocs } from "./generated-docs.ts";
import { packedChecks } from "./packed-packages.ts";
import { type CheckOutcome, formatCounts, formatOutcome, runChecks } from "./run-checks.ts";

const CHECKS: ReadonlyArray<Check> = [
	commandCheck("types", "tsc", ["-p", "tsconfig.json"]),
	commandCheck("lint", "oxlint", ["--type-aware", "--format=unix", "."]),
	commandCheck("format", "biome", ["format", "--colors=off", "--reporter=summary", "."]),
	checkBoundaries,
	commandCheck("dependency versions", "sherif", ["-r", "packages-without-package-json"]),
	checkDependencyDecisions,
	checkPackages,
	checkGeneratedDocs,
	checkChangesets,
	checkLinks,
	checkText,
	checkRepositorySize,
];

const BUILD = commandCheck("build", "turbo", ["run", "build", "--output-logs=errors-only"]);

function parseOptions(argv: ReadonlyArray<string>): { packages: boolean; json: boolean; fix: boolean } {
	const { values } = parseArgs({
		args: [...argv],
		options: {
			packages: { type: "boolean", default: false },
			json: { type: "boolean", default: false },
			fix: { type: "boolean", default: false },
		},
	});
	return values;
}

/** What is published is checked after the build, and not where the build fails. */
async function runPackaging(print: (outcome: CheckOutcome) => void): Promise<CheckOutcome[]> {
	const build = await runChecks([BUILD], projectRoot, 1, print);
	if (build.some(({ state }) => state === "failed")) return build;
	const { checks, dispose } = packedChecks(projectRoot);
	try {
		const packed = await runChecks([...checks, checkSameBytes], projectRoot, 1, print);
		return [...build, ...packed];
	} finally {
		await dispose();
	}
}

async function main(argv: ReadonlyArray<string>): Promise<number> {
	const options = parseOptions(argv);
	if (options.fix) fixGeneratedDocs(projectRoot);
	const print = options.json ? () => {} : (outcome: CheckOutcome) => console.log(formatOutcome(outcome));
	const outcomes = await runChecks(CHECKS, projectRoot, availableParallelism(), print);
	if (options.packages) outcomes.push(...(await runPackaging(print)));
	console.log(options.json ? JSON.stringify(outcomes, undefined, "\t") : formatCounts(outcomes));
	return outcomes.some(({ state }) => state === "failed") ? 1 : 0;
}

try {
	process.exitCode = await main(process.argv.slice(2));
} catch (error) {
	console.error(`check: ${(error as Error).message}`);
	process.exitCode = 2;
}
