import { InvalidArgumentError } from "commander";
import type { CliCommand } from "../cli/cli-command.ts";
import type { CommandIo } from "../cli/command-io.ts";
import { EXIT, type ExitCode } from "../cli/exit-codes.ts";
import { SNAPSHOT_PROC_FILES, SNAPSHOT_SYSCTLS, STATE_COMMANDS } from "../input/snapshot-files.ts";

interface SnapshotOptions {
	readonly name: string;
}

/** Plain sh that works with the smallest of tool sets; /proc files have no size, so they are copied before tar. */
function shellCommands(name: string): readonly string[] {
	return [
		`mkdir ${name} && cd ${name} || exit 1`,
		`for f in ${SNAPSHOT_PROC_FILES.join(" ")}; do cat /proc/$f > $f || rm -f $f; done`,
		`for f in ${SNAPSHOT_SYSCTLS.join(" ")}; do cat /proc/sys/vm/$f > $f || rm -f $f; done`,
		`cd .. && tar czf ${name}.tar.gz ${name}`,
	];
}

function runSnapshot(io: CommandIo, { name }: SnapshotOptions): ExitCode {
	const commands = shellCommands(name);
	const archive = `${name}.tar.gz`;
	if (io.json) {
		io.printJson({ commands, archive, acceptedBy: STATE_COMMANDS });
		return EXIT.DONE;
	}
	io.print("# Copies what pagelab needs to know of this machine's memory and changes nothing");
	io.print(`# but ./${name} and ./${archive}.`);
	io.print("# Run it as root: others may not read pagetypeinfo and slabinfo, and without them");
	io.print("# less is known. As it is: pagelab snapshot | sudo sh");
	for (const command of commands) io.print(command);
	io.print("# The archive, the folder, or single files of it are input for:");
	for (const command of STATE_COMMANDS) io.print(`#   pagelab ${command} ${archive}`);
	io.print("# It has counts, no positions: where a page lies is made up, which the output says.");
	return EXIT.DONE;
}

function plainName(text: string): string {
	if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)) {
		throw new InvalidArgumentError("Expected letters, digits, dots, dashes and underscores.");
	}
	return text;
}

export const snapshotCommand: CliCommand = {
	name: "snapshot",
	declare: (command, bind) => {
		command
			.summary("print the commands that record your own machine's memory")
			.description("Prints shell commands that collect a usable input on any Linux machine, without pagelab.")
			.option("--name <name>", "name of the folder and of the archive", plainName, "pagelab-snapshot")
			.action(bind(runSnapshot));
	},
};
