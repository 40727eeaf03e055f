import { InputError } from "@pagelab/base";
import { describe, expect, it, test } from "vitest";
import { decodeGfp, flagsOf } from "./decode-gfp.ts";
import { releasesOfEras } from "./fit-eras.ts";
import { gfpLayout } from "./gfp-layout.ts";

describe("decodeGfp", () => {
	test.each([
		["0xcc0(GFP_KERNEL)", "GFP_KERNEL", "5.1–newest"],
		["gfp_mask=0x201da", "GFP_HIGHUSER_MOVABLE|GFP_COLD", "2.6.31–4.3"],
		["mode:0x4020", "GFP_ATOMIC|GFP_COMP", "2.6.31–newest"],
		["mode:0x20", "GFP_ATOMIC", "2.6.31–newest"],
		["gfp_mask=0x24200ca", "GFP_HIGHUSER_MOVABLE", "4.4–4.9, 4.12–4.17"],
		["gfp_mask=0x14200ca", "GFP_HIGHUSER_MOVABLE", "4.4–4.17"],
		["gfp_mask=0x6200ca", "GFP_HIGHUSER_MOVABLE", "4.4–4.14, 4.18–5.0"],
		["gfp_flags=0x140cca", "GFP_HIGHUSER_MOVABLE|__GFP_COMP", "5.1–newest"],
		["mode:0x14200ca(GFP_HIGHUSER_MOVABLE)", "GFP_HIGHUSER_MOVABLE", "4.10–4.17"],
		["gfp=0xa20(GFP_ATOMIC)", "GFP_ATOMIC", "5.1–6.2"],
		["gfp_mask=0x0()", "", "4.6–newest"],
		["gfp_flags=none", "", "4.6–newest"],
		["gfp_flags=GFP_NOFS|__GFP_NOFAIL", "GFP_NOFS|__GFP_NOFAIL", "4.6–newest"],
		["gfp_flags GFP_KERNEL", "GFP_KERNEL", "2.6.31–newest"],
		["GFP_KERNEL|GFP_KMEMCG|0x2", "GFP_KERNEL|GFP_KMEMCG|0x2", "3.8–3.15"],
	])("%s", (text, printed, releases) => {
		const decoded = decodeGfp(text);
		expect(decoded.text).toBe(printed);
		expect(releasesOfEras(decoded.eras)).toBe(releases);
		expect(decoded.unknownBits).toBe(0);
	});

	it("has the mask of names in the newest era that prints them, or in the kernel's", () => {
		expect(decodeGfp("GFP_KERNEL").mask).toBe(0xcc0);
		expect(decodeGfp("GFP_KERNEL", { kernel: "4.9" }).mask).toBe(0x24000c0);
		expect(decodeGfp("GFP_KERNEL|GFP_NO_KSWAPD").mask).toBe(0x4000d0);
		// Printed by no kernel in this form, so as the default kernel reads it.
		expect(decodeGfp("GFP_NOFS|GFP_KERNEL")).toMatchObject({ mask: 0xcc0, eras: [] });
	});

	it("checks number and names against each other", () => {
		const good = decodeGfp("0xcc0(GFP_KERNEL)", { kernel: "6.12.117" });
		expect([good.agrees, good.names, good.layout.era.id]).toEqual([true, "GFP_KERNEL", "6.10"]);

		const wrongKernel = decodeGfp("0x24000c0(GFP_KERNEL)", { kernel: "6.12" });
		expect([wrongKernel.agrees, releasesOfEras(wrongKernel.eras)]).toEqual([false, "4.6–4.9"]);
		expect(wrongKernel.text).toBe("__GFP_IO|__GFP_FS|__GFP_ACCOUNT|0x2000000");
		expect(wrongKernel.unknownBits).toBe(0x2000000);

		const damaged = decodeGfp("0xcc0(GFP_NOFS)");
		expect([damaged.agrees, damaged.eras, damaged.text]).toEqual([false, [], "GFP_KERNEL"]);

		expect(decodeGfp("0xcc0").agrees).toBeNull();
		expect(decodeGfp("GFP_KERNEL").agrees).toBeNull();
	});

	it("finds the configuration of the kernel unless it was given", () => {
		const text = "0x1000000(__GFP_NOLOCKDEP)";
		expect(decodeGfp(text, { kernel: "6.18" }).layout.config.lockdep).toBe(true);
		expect(decodeGfp(text, { kernel: "6.18", config: {} }).agrees).toBe(false);
	});

	it("does not mind blanks of a mail program inside of the names", () => {
		expect(decodeGfp(" mode:0x40dc0(GFP_KERNEL|__GFP_COMP|\n  __GFP_ZERO) ")).toMatchObject({
			names: "GFP_KERNEL|__GFP_COMP|__GFP_ZERO",
			agrees: true,
		});
	});

	it("lists the single flags, lowest bit first", () => {
		expect(decodeGfp("0x148c40", { kernel: "6.12" }).flags).toEqual([
			"IO",
			"DIRECT_RECLAIM",
			"KSWAPD_RECLAIM",
			"NOFAIL",
			"COMP",
			"HARDWALL",
		]);
		expect(flagsOf(0x200, gfpLayout({ kernel: "6.12" }))).toEqual([]);
	});

	it("reads a bare number by the newest of the eras whose composite covers most bits, rather one that prints no names", () => {
		const eraOf = (text: string): string => decodeGfp(text).layout.era.id;
		expect(["mode:0xd0", "mode:0x4000", "gfp_mask=0x24200ca", "0xcc0"].map(eraOf)).toEqual([
			"4.1",
			"4.5",
			"4.5",
			"newest",
		]);
		expect(decodeGfp("mode:0x4000").text).toBe("GFP_COMP");
	});

	it("reads a bare number of no plausible era with the default kernel", () => {
		expect(decodeGfp("0xfffffff0")).toMatchObject({ eras: [], layout: { era: { id: "6.10" } } });
	});

	test.each([
		["", "is no gfp mask"],
		["0x123456789", "unknown gfp flag"],
		["order:0", "is no gfp mask"],
		["gfp_mask=0xcc0(GFP_KERNEL", "is no gfp mask"],
		["gfp_flags=__GFP_NOFIAL", "did you mean __GFP_NOFAIL?"],
		["gfp_kernel", "did you mean GFP_KERNEL?"],
	])("refuses %j", (text, message) => {
		expect(() => decodeGfp(text)).toThrow(InputError);
		expect(() => decodeGfp(text)).toThrow(message);
	});
});
