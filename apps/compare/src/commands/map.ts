import type { StateMoment } from "@pagelab/trace";
import { Option } from "commander";
import type { CliCommand } from "../cli/cli-command.ts";
import type { CommandIo } from "../cli/command-io.ts";
import { EXIT, type ExitCode } from "../cli/exit-codes.ts";
import { loadState, STATE_ARGUMENT, STATE_MOMENTS } from "../input/load-state.ts";
import { drawMap } from "../map/draw-map.ts";
import { mapJson } from "../map/map-json.ts";

interface MapOptions {
	readonly at: StateMoment;
}

function runMap(io: CommandIo, paths: readonly string[], options: MapOptions): ExitCode {
	const { state, title, notes } = loadState(paths, options.at);
	if (io.json) {
		io.printJson(mapJson(state, title, notes));
		return EXIT.DONE;
	}
	for (const line of drawMap(state, title, io.style)) io.print(line);
	if (!state.listOrderKnown) {
		io.print("");
		io.print("Made from counts: where a pageblock lies and what is free in it is made up.");
	}
	for (const note of notes) io.print(`Note: ${note}.`);
	return EXIT.DONE;
}

const EXAMPLES = `
Examples:
  pagelab map recording.json.gz --at final
  sudo cat /proc/pagetypeinfo > types && pagelab map /proc/zoneinfo types
  pagelab map pagelab-snapshot.tar.gz`;

export const mapCommand: CliCommand = {
	name: "map",
	declare: (command, bind) => {
		command
			.summary("draw free lists, pageblocks and watermarks of a state")
			.description("Draws free lists, pageblocks, watermarks and per-CPU lists of a state.")
			.argument("<state...>", STATE_ARGUMENT)
			.addOption(new Option("--at <moment>", "which state of a recording").choices(STATE_MOMENTS).default("initial"))
			.addHelpText("after", EXAMPLES)
			.action(bind(runMap));
	},
};
