import { expect, test } from "vitest";
import { parseKernelRelease } from "../records/kernel-release.ts";
import { decodeMask, namesDisagree } from "./decode-mask.ts";

const decode = (mask: number, names: string | null, release: string | null) =>
	decodeMask({ mask, names }, release === null ? null : parseKernelRelease(release));

// Masks and names as logs of these kernels print them (gfp-history.md and the logs in the shared folder).
test("one mask, another meaning by kernel", () => {
	expect(decode(0x201da, null, "3.10.0-514.el7").decoded).toMatchObject({
		era: "3.10",
		text: "GFP_HIGHUSER_MOVABLE|GFP_COLD",
		flags: ["HIGHMEM", "MOVABLE", "WAIT", "IO", "FS", "COLD", "HARDWALL"],
	});
	expect(decode(0x24200ca, "GFP_HIGHUSER_MOVABLE", "4.8.0").decoded).toMatchObject({ era: "4.8", eraFrom: "kernel" });
	expect(decode(0x6200ca, "GFP_HIGHUSER_MOVABLE", "4.18.0-553.el8_10.x86_64").decoded).toMatchObject({ era: "4.18" });
	expect(decode(0x140dca, "GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO", "6.12.117").decoded).toMatchObject({
		era: "6.10",
		eraFrom: "kernel",
		unknownBits: 0,
	});
});

test("without a version the names tell the era", () => {
	expect(decode(0x24200ca, "GFP_HIGHUSER_MOVABLE", null).decoded).toMatchObject({ eraFrom: "names", era: "4.8" });
	expect(decode(0xd0, null, null).decoded).toBeNull();
	expect(decode(0x0, "", null).decoded).toBeNull();
});

test("a kernel whose layout is not the one of its version is found by its names", () => {
	// Trees of the 5.13 cycle had the layout of 5.14 already: SKIP_KASAN_POISON on every configuration.
	const mask = decode(0x1100cca, "GFP_HIGHUSER_MOVABLE", "5.13.0-rc6-next-20210616");
	expect(mask.decoded).toMatchObject({ era: "5.14", eraFrom: "names" });
	expect(namesDisagree(mask)).toBe(false);
});

test("names that no kernel prints for the mask", () => {
	const mask = decode(0xcc1, "GFP_KERNEL", "5.10.2");
	expect(namesDisagree(mask)).toBe(true);
	expect(mask.decoded?.text).toBe("GFP_KERNEL|GFP_DMA");
	expect(namesDisagree(decode(0xcc0, "GFP_KERN", null))).toBe(true);
	expect(namesDisagree(decode(0xd0, null, "2.6.32"))).toBe(false);
});

test("bits without a meaning are said", () => {
	expect(decode(0x8000_00c0, null, "3.10").decoded?.unknownBits).toBe(0x8000_0000);
});

test("a kernel older than any known layout", () => {
	expect(decode(0xd0, null, "2.6.18-194.el5").decoded).toBeNull();
});
