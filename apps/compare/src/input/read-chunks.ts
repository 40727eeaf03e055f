import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { InputError } from "@pagelab/base";
import { systemErrorCode, systemErrorText } from "../cli/system-error.ts";

const CHUNK_BYTES = 1 << 20;

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** What is wrong with a stream that ended in an error. */
function streamError(error: unknown, file: string): unknown {
	const code = systemErrorCode(error);
	if (code === "Z_BUF_ERROR") return new InputError("the gzip data is truncated", { file });
	if (code === "Z_DATA_ERROR") return new InputError("the gzip data is damaged", { file });
	if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
	return new InputError(`cannot read the file: ${systemErrorText(error)}`, { file });
}

/** Both parts as one. */
async function* joined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
	yield first;
	for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** A pipe may give the first bytes one by one. */
async function firstBytes(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
	let bytes = Buffer.alloc(0);
	while (bytes.length < 2) {
		const next = await chunks.next();
		if (next.done === true) break;
		bytes = Buffer.concat([bytes, next.value]);
	}
	return bytes;
}

async function* unpacked(chunks: AsyncIterator<Uint8Array>, file: string): AsyncGenerator<Uint8Array, void, void> {
	const first = await firstBytes(chunks);
	const all = joined(first, chunks);
	if (!isGzip(first)) {
		if (file.endsWith(".gz"))
			throw new InputError("this is not gzip data, though the name ends in .gz", { file, offset: 0 });
		yield* all;
		return;
	}
	const source = Readable.from(all, { objectMode: false });
	const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
	source.on("error", (error) => gunzip.destroy(error));
	for await (const chunk of source.pipe(gunzip)) yield chunk as Uint8Array;
}

/**
 * The bytes of a file, or of stdin for `-`, piece by piece and unpacked where it is gzip, so that input of any length takes little
 * memory.
 *
 * @throws InputError while it is read: for files that cannot be read, gzip data that is cut off or damaged, and a name that ends in
 * .gz without gzip data in it.
 */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array, void, void> {
	const stream: Readable = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
	try {
		yield* unpacked(stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>, path);
	} catch (error) {
		throw streamError(error, path);
	}
}
