import { expect, test } from "vitest";
import { readFixture, readShared } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { DETECT_BYTES, detectFormat } from "./detect-format.ts";
import { readBuddyRecording } from "./read-buddy-recording.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test("recordings and the /proc texts in them are told apart by their first bytes", () => {
	const bytes = readFixture("buddy/c128-1-mixed.json.gz");
	expect(detectFormat(bytes.subarray(0, DETECT_BYTES))).toBe("mmprobe");
	const { before } = readBuddyRecording(bytes).files;
	for (const name of ["zoneinfo", "buddyinfo", "pagetypeinfo"] as const) {
		expect(detectFormat(bytesOf(before[name] ?? ""))).toBe(name);
	}
	expect(detectFormat(bytesOf(before["vmstat"] ?? ""))).toBeUndefined();
});

test("a bare dump, with and without white space, is an mmprobe file", () => {
	expect(detectFormat(bytesOf('{"t":"dump","label":"initial"'))).toBe("mmprobe");
	expect(detectFormat(bytesOf('\n{\n\t"globals": {'))).toBe("mmprobe");
	expect(detectFormat(bytesOf('{"name":"something else"}'))).toBeUndefined();
});

const EVENT = "mm_page_free: page=0000000060335034 pfn=0x8bfd order=0";

test.each([
	`            init-1       [000] .....     5.836239: ${EVENT}`,
	`# tracer: nop\n#\n            init-1       [000] .....     5.836239: ${EVENT}`,
	`   kworker/0:1-77      (     77) [003] d..1.    17.123456: ${EVENT}`,
	`   <...>-1234  [001]   2834.123456789: ${EVENT}`,
])("ftrace text with and without header: %s", (text) => {
	expect(detectFormat(bytesOf(`${text}\n`))).toBe("ftrace");
});

test.each(["", "hello", "\u0000\u0001\u0002", "{}", "[1,2,3]", "Node 0"])("%j is nothing that is known", (text) => {
	expect(detectFormat(bytesOf(text))).toBeUndefined();
});

test.skipIf(sharedFolder === undefined)("whole-system recordings (needs the shared folder)", () => {
	expect(detectFormat(readShared("oracle/dev/trace/file/trace.txt.gz"))).toBe("ftrace");
	expect(detectFormat(readShared("oracle/dev/trace/file/trace.dat.gz"))).toBe("trace-cmd");
	expect(detectFormat(readShared("oracle/dev/trace/file/state.json.gz"))).toBe("mmprobe");
});
