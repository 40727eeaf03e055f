import { InputError } from "@pagelab/base";

const RECORD = 512;
const CHECKSUM_AT = 148;
const CHECKSUM_LENGTH = 8;

export interface TarEntry {
	/** As stored, with `/` between folders. */
	readonly name: string;
	readonly bytes: Uint8Array;
}

/** Tells a tar archive by the magic of POSIX and GNU archives. */
export const isTar = (bytes: Uint8Array): boolean => text(bytes, 257, 5) === "ustar";

/**
 * The regular files of a tar archive (POSIX ustar or GNU). Links, folders and extended headers are passed over, so names
 * over 255 characters are cut.
 *
 * @throws InputError with the byte of a header that is damaged or of a file that is cut off.
 */
export function readTar(bytes: Uint8Array, file: string): readonly TarEntry[] {
	const entries: TarEntry[] = [];
	let at = 0;
	while (at < bytes.length && bytes[at] !== 0) {
		const header = bytes.subarray(at, at + RECORD);
		if (header.length < RECORD) throw new InputError("the tar archive is truncated", { file, offset: bytes.length });
		if (octal(header, CHECKSUM_AT, CHECKSUM_LENGTH) !== checksum(header)) {
			throw new InputError("the tar archive is damaged, this is no header", { file, offset: at });
		}
		const size = octal(header, 124, 12);
		const start = at + RECORD;
		if (start + size > bytes.length) {
			throw new InputError("the tar archive is truncated", { file, offset: bytes.length });
		}
		const type = header[156];
		if (type === 0x30 || type === 0) entries.push({ name: nameOf(header), bytes: bytes.subarray(start, start + size) });
		at = start + Math.ceil(size / RECORD) * RECORD;
	}
	return entries;
}

/** A field up to its first NUL. */
function text(bytes: Uint8Array, at: number, length: number): string {
	const field = bytes.subarray(at, at + length);
	const end = field.indexOf(0);
	return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

const octal = (header: Uint8Array, at: number, length: number): number =>
	Number.parseInt(text(header, at, length).trim() || "0", 8);

/** Sum of the header's bytes, with its own field counted as spaces. */
function checksum(header: Uint8Array): number {
	let total = 0;
	header.forEach((byte, i) => {
		total += i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_LENGTH ? 0x20 : byte;
	});
	return total;
}

function nameOf(header: Uint8Array): string {
	const prefix = text(header, 345, 155);
	const name = text(header, 0, 100);
	// GNU archives keep times where POSIX has the prefix; their magic ends in spaces.
	return prefix === "" || text(header, 257, 6) === "ustar " ? name : `${prefix}/${name}`;
}
