// Prints which number a trace.dat has for which names of its text, as JSON [[names, mask], ...], sorted by mask: events of
// mm_page_alloc that both have at the same place with the same pfn and order. Needs zstd of node:zlib, Node 22.15.
// Run: node packages/gfp/scripts/read-trace-dat.mjs FOLDER (with trace.dat.gz and trace.txt.gz)
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

const folder = process.argv[2] ?? "";
const read = (name) => gunzipSync(readFileSync(join(folder, name)));

const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const PAGE = 4096;
/** Time stamp and length in front of the data of a page. */
const PAGE_HEADER = 16;
/** Type lengths of include/linux/ring_buffer.h above those of data. */
const PADDING = 29;
const TIME_EXTEND = 30;

/** Chunks of a version 7 file, each with its compressed and uncompressed size in front. */
function* chunksOf(file) {
	for (let at = file.indexOf(ZSTD_MAGIC); at >= 8; at = file.indexOf(ZSTD_MAGIC, at + 1)) {
		const size = file.readUInt32LE(at - 8);
		if (at + size > file.length) continue;
		try {
			const chunk = zstdDecompressSync(file.subarray(at, at + size));
			if (chunk.length === file.readUInt32LE(at - 4)) yield chunk;
		} catch {
			// The four bytes stood inside of compressed data.
		}
	}
}

/** Records of a page of the ring buffer. */
function* recordsOf(page) {
	const end = Math.min(PAGE, PAGE_HEADER + (page.readUInt32LE(8) & 0xfffff));
	for (let at = PAGE_HEADER; at < end; ) {
		const header = page.readUInt32LE(at);
		const type = header & 31;
		at += 4;
		if (type === PADDING && header >>> 5 === 0) return;
		if (type === PADDING) at += page.readUInt32LE(at);
		else if (type >= TIME_EXTEND) at += 4;
		else {
			const length = type === 0 ? page.readUInt32LE(at) - 4 : type * 4;
			if (type === 0) at += 4;
			yield page.subarray(at, at + length);
			at += length;
		}
	}
}

const chunks = [...chunksOf(read("trace.dat.gz"))];

/** ID of the event and the offsets of the fields wanted. */
function formatOf(event) {
	for (const chunk of chunks) {
		const match = new RegExp(`name: ${event}\\nID: (\\d+)\\n[\\s\\S]*?print fmt`).exec(chunk.toString("latin1"));
		if (match === null) continue;
		const offset = (field) => Number(new RegExp(` ${field};\\toffset:(\\d+)`).exec(match[0])[1]);
		return { id: Number(match[1]), pfn: offset("pfn"), order: offset("order"), gfp: offset("gfp_flags") };
	}
	throw new Error(`${event} has no format in ${folder}`);
}

const { id, pfn, order, gfp } = formatOf("mm_page_alloc");
const numbers = chunks
	.filter((chunk) => chunk.length % PAGE === 0)
	.flatMap((chunk) => Array.from({ length: chunk.length / PAGE }, (_, i) => chunk.subarray(i * PAGE, (i + 1) * PAGE)))
	.flatMap((page) => [...recordsOf(page)].filter((r) => r.length > gfp && r.readUInt16LE(0) === id))
	.map((r) => ({ pfn: Number(r.readBigUInt64LE(pfn)), order: r.readUInt32LE(order), mask: r.readUInt32LE(gfp) }));

const EVENT = / mm_page_alloc: page=\S+ pfn=(\S+) order=(\d+) migratetype=\S+ gfp_flags=(\S+)/g;
const texts = [...read("trace.txt.gz").toString("latin1").matchAll(EVENT)];
if (texts.length !== numbers.length)
	throw new Error(`${texts.length} events in the text, ${numbers.length} in trace.dat`);

const pairs = new Map();
texts.forEach(([, textPfn, textOrder, names], i) => {
	const number = numbers[i];
	if (number.pfn === Number(textPfn) && number.order === Number(textOrder))
		pairs.set(`${names} ${number.mask}`, [names, number.mask]);
});
console.log(JSON.stringify([...pairs.values()].sort(([, a], [, b]) => a - b)));
