import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { InputError } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import { readInput } from "./read-input.ts";

const folder = mkdtempSync(join(tmpdir(), "pagelab-test-"));
const fileWith = (name: string, content: Uint8Array | string): string => {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
};

const failure = (path: string): InputError => {
	try {
		readInput(path);
	} catch (error) {
		if (error instanceof InputError) return error;
		throw error;
	}
	throw new Error(`${path} was read`);
};

// Incompressible enough that the gzip data has some length.
const text = Array.from({ length: 5000 }, (_, i) => (i * 2_654_435_761) % 1_000_003).join(" ");
const gzip = gzipSync(text);

test("plain files, gzip files and gzip files without the suffix are read", () => {
	for (const path of [fileWith("a.txt", text), fileWith("a.txt.gz", gzip), fileWith("a", gzip)]) {
		expect(new TextDecoder().decode(readInput(path))).toBe(text);
	}
});

test("several gzip members in a file are one content", () => {
	const path = fileWith("two.gz", Buffer.concat([gzipSync("one "), gzipSync("two")]));
	expect(new TextDecoder().decode(readInput(path))).toBe("one two");
});

describe("unusable files are named with the place", () => {
	test("truncated gzip data, wherever it is cut", () => {
		for (const length of [3, 10, 11, 100, gzip.length - 9, gzip.length - 1]) {
			const path = fileWith(`cut-${length}.gz`, gzip.subarray(0, length));
			expect(failure(path).describe()).toBe(`${path}:byte ${length}: the gzip data is truncated`);
		}
	});

	test("damaged gzip data: the place is not before the damage", () => {
		for (const at of [12, 2000, gzip.length - 6]) {
			const damaged = Uint8Array.from(gzip);
			damaged[at] = (damaged[at] ?? 0) ^ 0xff;
			const error = failure(fileWith(`damaged-${at}.gz`, damaged));
			expect(error.message).toBe("the gzip data is damaged");
			expect(error.position.offset).toBeGreaterThanOrEqual(at);
			expect(error.position.offset).toBeLessThan(gzip.length);
		}
	});

	test.each([
		["text.gz", "hello", "this is not gzip data, though the name ends in .gz"],
		["empty.gz", "", "this is not gzip data, though the name ends in .gz"],
	])("%s", (name, content, message) => {
		const path = fileWith(name, content);
		expect(failure(path).describe()).toBe(`${path}:byte 0: ${message}`);
	});

	test("a file that is not there, and a folder", () => {
		const absent = join(folder, "absent.json");
		expect(failure(absent).describe()).toBe(`${absent}: cannot read the file: no such file or directory`);
		expect(failure(folder).describe()).toBe(`${folder}: cannot read the file: it is a directory`);
	});
});
