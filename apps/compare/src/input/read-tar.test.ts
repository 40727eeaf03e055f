import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "@pagelab/base";
import { beforeAll, describe, expect, test } from "vitest";
import { isTar, readTar } from "./read-tar.ts";

const folder = mkdtempSync(join(tmpdir(), "pagelab-test-"));
const deep = `deep/${"d".repeat(90)}/${"e".repeat(60)}`;
const files: Readonly<Record<string, string>> = {
	empty: "",
	one: "x",
	"exactly-512": "y".repeat(512),
	"513": "z".repeat(513),
	[`${deep}/name`]: "long name",
};

const hasTar = (() => {
	try {
		execFileSync("tar", ["--version"]);
		return true;
	} catch {
		return false;
	}
})();

beforeAll(() => {
	mkdirSync(join(folder, "in", deep), { recursive: true });
	for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, "in", name), content);
});

function archive(format: string): Uint8Array {
	const path = join(folder, `${format}.tar`);
	execFileSync("tar", ["--format", format, "-C", join(folder, "in"), "-cf", path, "."]);
	return readFileSync(path);
}

describe.skipIf(!hasTar)("archives of the tar program (need tar)", () => {
	test("a POSIX archive has every file whole", () => {
		const bytes = archive("ustar");
		expect(isTar(bytes)).toBe(true);
		const read = readTar(bytes, "a.tar").map((e) => [e.name.replace(/^\.\//, ""), new TextDecoder().decode(e.bytes)]);
		expect(Object.fromEntries(read)).toEqual(files);
	});

	test("a GNU archive has every file with a short name whole", () => {
		const read = new Map(readTar(archive("gnu"), "a.tar").map((e) => [e.name, new TextDecoder().decode(e.bytes)]));
		for (const name of ["empty", "one", "exactly-512", "513"]) expect(read.get(`./${name}`)).toBe(files[name]);
	});

	test("a truncated or damaged archive is refused with the byte", () => {
		const bytes = archive("ustar");
		const first = readTar(bytes, "a.tar").find((entry) => entry.bytes.length > 0);
		const inside = (first?.bytes.byteOffset ?? 0) - bytes.byteOffset;
		for (const length of [100, inside]) {
			expect(() => readTar(bytes.subarray(0, length), "a.tar")).toThrow(
				expect.objectContaining({
					message: "the tar archive is truncated",
					position: { file: "a.tar", offset: length },
				}),
			);
		}
		const damaged = Uint8Array.from(bytes);
		damaged[3] = (damaged[3] ?? 0) + 1;
		expect(() => readTar(damaged, "a.tar")).toThrow(InputError);
	});
});

test("other bytes are no tar archive", () => {
	expect(isTar(new Uint8Array(0))).toBe(false);
	expect(isTar(new TextEncoder().encode("Node 0, zone DMA\n".repeat(50)))).toBe(false);
});
