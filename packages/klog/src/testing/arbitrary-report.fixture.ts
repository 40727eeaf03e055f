import fc from "fast-check";
import {
	type Era,
	GLOBAL_ROWS,
	type ReportModel,
	type TaskModel,
	TOTALS,
	taskColumns,
	type ZoneModel,
	zoneNames,
} from "./print-report.fixture.ts";

export const ERAS: readonly Era[] = ["2.6.38", "3.10", "4.8", "5.10", "6.12"];

const kb: fc.Arbitrary<number> = fc.nat(2 ** 32);
const pages: fc.Arbitrary<number> = fc.nat(2 ** 30);

/** A number for every name. */
const numbers = (names: readonly string[], value: fc.Arbitrary<number>): fc.Arbitrary<Record<string, number>> =>
	fc
		.tuple(...names.map(() => value))
		.map((values) => Object.fromEntries(names.map((name, i) => [name, values[i] ?? 0])));

const CHARACTERS: readonly string[] = "abcXYZ019 _-./:()[]<>,=#%&*'\"".split("");

/**
 * Names as processes have them: blanks, slashes, colons, brackets, digits only. Never blank at an end, and not with a
 * first character that looks like a prefix: without a time stamp nobody can tell `<4>x` from the level of x, nor `> x` from a
 * mail's quote mark; nor, in logcat, `x : y` from a padded tag.
 */
const name: fc.Arbitrary<string> = fc.oneof(
	fc.constantFrom(
		"stress",
		"DOM Worker",
		"kworker/u2:2",
		"(sd-pam)",
		"531",
		"lowpool[2]",
		"qemu:deb12-virt",
		"<...>",
		"a,b=c",
	),
	fc
		.string({ unit: fc.constantFrom(...CHARACTERS), minLength: 1, maxLength: 15 })
		.filter((text) => text.trim() === text && /[a-zA-Z0-9]/.test(text) && !/ {2}|^[<>|:]| :/.test(text)),
);

const blocks = fc.array(
	fc.record({ count: fc.nat(5000), types: fc.constantFrom("U", "UM", "UME", "UMEH", "C", "MC", "UER") }),
	{ minLength: 11, maxLength: 11 },
);

function zone(era: Era, node: number, zoneName: string): fc.Arbitrary<ZoneModel> {
	return fc.record({
		node: fc.constant(node),
		zone: fc.constant(zoneName),
		kb: numbers(zoneNames(era), kb),
		pagesScanned: pages,
		unreclaimable: fc.boolean(),
		lowmemReserve: fc.array(pages, { minLength: 4, maxLength: 5 }),
		blocks,
	});
}

const task = (era: Era): fc.Arbitrary<TaskModel> =>
	fc.record({
		pid: fc.integer({ min: 2, max: 4194304 }),
		name,
		values: numbers(taskColumns(era), pages).map((values) => ({
			...values,
			oom_score_adj: ((values["rss"] ?? 0) % 2001) - 1000,
		})),
	});

/** Any OOM report of an era. */
export const arbitraryReport: fc.Arbitrary<ReportModel> = fc.constantFrom(...ERAS).chain((era) =>
	fc.record({
		era: fc.constant(era),
		comm: name,
		pid: fc.integer({ min: 1, max: 4194304 }),
		cpu: fc.nat(511),
		order: fc.integer({ min: -1, max: 10 }),
		mask: fc.constant(0xcc0),
		names: fc.constantFrom("GFP_KERNEL", "GFP_KERNEL|__GFP_COMP", ""),
		adj: fc.integer({ min: -1000, max: 1000 }),
		cpuset: fc.constantFrom("/", "docker-1da1ac35179e.scope", "lxc.payload.x"),
		global: numbers(GLOBAL_ROWS.flat(), pages),
		zones: fc.tuple(zone(era, 0, "DMA"), zone(era, 0, "DMA32"), zone(era, 0, "Normal"), zone(era, 1, "Normal")),
		totals: numbers(TOTALS, pages),
		swap: fc.record({ add: pages, delete: pages, found: pages, looked: pages, freeKb: kb, totalKb: kb }),
		tasks: fc.array(task(era), { minLength: 1, maxLength: 8 }),
		victim: fc.record({
			pid: fc.integer({ min: 2, max: 4194304 }),
			name,
			kb: fc.tuple(kb, kb, kb, kb),
			score: fc.nat(1100),
		}),
	}),
);
