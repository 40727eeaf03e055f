import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "@pagelab/base";
import { systemErrorText } from "./system-error.ts";

/**
 * Writes a file whole or not at all: into a temporary file beside it, which is then renamed.
 *
 * @throws InputError where the place cannot be written; then the old file is as it was.
 */
export function writeFileWhole(path: string, content: string | Uint8Array): void {
	const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
	try {
		writeFileSync(temporary, content);
		renameSync(temporary, path);
	} catch (error) {
		rmSync(temporary, { force: true });
		throw new InputError(`cannot write the file: ${systemErrorText(error)}`, { file: path });
	}
}

/**
 * Looks whether a file can be written, before the work whose result it is to hold.
 *
 * @throws InputError as {@link writeFileWhole} would: its folder is absent or closed, or a folder has its name.
 */
export function requireWritable(path: string): void {
	try {
		accessSync(dirname(path), constants.W_OK);
	} catch (error) {
		throw new InputError(`cannot write the file: ${systemErrorText(error)}`, { file: path });
	}
	if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
		throw new InputError("cannot write the file: it is a directory", { file: path });
	}
}
