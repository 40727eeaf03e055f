import { Option } from "commander";
import type { StateMoment } from "@pagelab/trace";
import type { CliCommand } from "../cli/cli-command.ts";
import type { CommandIo } from "../cli/command-io.ts";
import { EXIT, type ExitCode } from "../cli/exit-codes.ts";
import { loadState, STATE_MOMENTS } from "../input/load-state.ts";
import { drawMap } from "../map/draw-map.ts";
import { mapJson } from "../map/map-json.ts";

interface MapOptions {
	readonly at: StateMoment;
}

function runMap(io: CommandIo, path: string, options: MapOptions): ExitCode {
	const { state, title, notes } = loadState(path, options.at);
	if (io.json) io.printJson(mapJson(state, title, notes));
	else for (const line of drawMap(state, title, io.style)) io.print(line);
	return EXIT.DONE;
}

export const mapCommand: CliCommand = {
	name: "map",
	declare: (command, bind) => {
		command
			.summary("draw free lists, pageblocks and watermarks of a state")
			.argument("<state>", "a recording")
			.addOption(new Option("--at <moment>", "which state of a recording").choices(STATE_MOMENTS).default("initial"))
			.action(bind(runMap));
	},
};
