import { readFileSync } from "node:fs";
import { constants, gunzipSync } from "node:zlib";
import { InputError } from "@pagelab/base";
import { systemErrorCode, systemErrorText } from "../cli/system-error.ts";

/** Larger inputs than this are refused rather than swapped in. */
const MAX_BYTES = 1 << 30;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === GZIP_MAGIC[0] && bytes[1] === GZIP_MAGIC[1];

/**
 * The whole content of a file, or of stdin for `-`, unpacked where it is gzip.
 *
 * @throws InputError for files that cannot be read, for gzip data that is cut off or damaged (with the byte where that
 * shows), for a name that ends in .gz without gzip data in it, and for more than 1 GiB.
 */
export function readInput(path: string): Uint8Array {
	const raw = readRaw(path);
	if (isGzip(raw)) return unpack(raw, path);
	if (path.endsWith(".gz"))
		throw new InputError("this is not gzip data, though the name ends in .gz", { file: path, offset: 0 });
	return raw;
}

function readRaw(path: string): Uint8Array {
	try {
		return readFileSync(path === "-" ? 0 : path);
	} catch (error) {
		if (systemErrorCode(error) === "ERR_FS_FILE_TOO_LARGE") throw tooLarge(path);
		throw new InputError(`cannot read the file: ${systemErrorText(error)}`, { file: path });
	}
}

const tooLarge = (file: string): InputError => new InputError("the file has more than 1 GiB of data", { file });

function unpack(raw: Uint8Array, file: string): Uint8Array {
	try {
		return gunzipSync(raw, { maxOutputLength: MAX_BYTES });
	} catch (error) {
		const code = systemErrorCode(error);
		if (code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(file);
		if (code === "Z_BUF_ERROR") throw new InputError("the gzip data is truncated", { file, offset: raw.length });
		if (code === "Z_DATA_ERROR") throw new InputError("the gzip data is damaged", { file, offset: firstDamage(raw) });
		throw error;
	}
}

/** Number of leading bytes that unpack without complaint; found by bisection, because zlib does not say. */
function firstDamage(raw: Uint8Array): number {
	let good = 0;
	let bad = raw.length;
	while (bad - good > 1) {
		const middle = Math.floor((good + bad) / 2);
		if (unpacksSoFar(raw.subarray(0, middle))) good = middle;
		else bad = middle;
	}
	return good;
}

function unpacksSoFar(prefix: Uint8Array): boolean {
	try {
		gunzipSync(prefix, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_BYTES });
		return true;
	} catch (error) {
		if (systemErrorCode(error) === "Z_DATA_ERROR") return false;
		throw error;
	}
}
