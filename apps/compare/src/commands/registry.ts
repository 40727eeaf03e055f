import type { CliCommand } from "../cli/cli-command.ts";
import { compareCommand } from "./compare.ts";
import { explainCommand } from "./explain.ts";
import { mapCommand } from "./map.ts";
import { snapshotCommand } from "./snapshot.ts";
import { stepCommand } from "./step.ts";
import { verifyCommand } from "./verify.ts";
import { whyCommand } from "./why.ts";

/** All commands, in the order of `pagelab --help`. */
export const COMMANDS: readonly CliCommand[] = [
	compareCommand,
	verifyCommand,
	whyCommand,
	explainCommand,
	mapCommand,
	stepCommand,
	snapshotCommand,
];
