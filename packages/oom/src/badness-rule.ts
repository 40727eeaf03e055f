import { type Evidence, InputError } from "@pagelab/base";

/** How the kernels of one era turn a task into points. All agree on rss + swap, and that -1000 means never. */
export interface BadnessRule {
	/** First mainline release with this rule. */
	readonly since: string;
	/** Points are pages, or thousandths of totalpages. */
	readonly unit: "pages" | "permille";
	/** Page tables count. */
	readonly pgtables: boolean;
	/** What CAP_SYS_ADMIN is worth: thousandths taken off the adj, or a share of the own points. */
	readonly rootBonus: "none" | "30 permille" | "3 % of own";
	/** Killable tasks score at least 1, and 0 means unkillable; otherwise points may be negative (LONG_MIN is unkillable). */
	readonly floor: boolean;
	/** Killable tasks score at most this. */
	readonly cap: number;
	/** MMF_OOM_SKIP and vfork make a task unkillable. */
	readonly skips: boolean;
	readonly evidence: Evidence;
	readonly source: string;
}

const PAGES = {
	unit: "pages",
	pgtables: true,
	floor: true,
	cap: Number.POSITIVE_INFINITY,
	evidence: "inferred",
} as const;

/** Newest first. The rules are read in source or recorded; where a row is `inferred`, that is its release. */
export const BADNESS_RULES: readonly BadnessRule[] = [
	{
		...PAGES,
		since: "5.9",
		rootBonus: "none",
		floor: false,
		skips: true,
		evidence: "recorded",
		source: "oom.md §4; oom_badness() of 6.1 to 6.12; dev/oom. The release is that of 9066e5cfb73c",
	},
	{
		...PAGES,
		since: "4.17",
		rootBonus: "none",
		skips: true,
		evidence: "read in source",
		source: "oom.md §4 (4.19). The release is that of d46078b28889",
	},
	{ ...PAGES, since: "4.7", rootBonus: "3 % of own", skips: true, source: "oom_badness() of 4.8" },
	{ ...PAGES, since: "3.14", rootBonus: "3 % of own", skips: false, source: "oom_badness(), 778c14affaf9" },
	{ ...PAGES, since: "3.6", rootBonus: "30 permille", skips: false, source: "oom_badness(), a7f638f999ff" },
	{
		...PAGES,
		since: "3.0",
		unit: "permille",
		rootBonus: "30 permille",
		cap: 1000,
		skips: false,
		source: "oom_badness(), f755a042d82b counts page tables",
	},
	{
		...PAGES,
		since: "2.6.36",
		unit: "permille",
		pgtables: false,
		rootBonus: "30 permille",
		cap: 1000,
		skips: false,
		source: "oom_badness(), a63d83f427fb",
	},
];

/** The rule of 5.9 and later, 6.12 included. */
export const BADNESS_6: BadnessRule = BADNESS_RULES[0] as BadnessRule;
/** The rule of 4.19. */
export const BADNESS_4_19: BadnessRule = BADNESS_RULES[1] as BadnessRule;

const rank = (release: string): number => {
	const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(release);
	if (match === null) throw new InputError(`"${release}" is no kernel release, expected one such as 6.12 or v5.10.3`);
	return Number(match[1]) * 1e8 + Number(match[2]) * 1e4 + Number(match[3] ?? 0);
};

/**
 * The rule of a mainline release, from names such as `6.12.117` or `4.18.0-553.el8`. Vendor kernels may have taken a later
 * rule over, as 3.10.0-514.el7 has that of 3.14.
 *
 * @throws InputError for text without a release and for releases before 2.6.36.
 */
export function badnessRuleOf(release: string): BadnessRule {
	const wanted = rank(release);
	const rule = BADNESS_RULES.find(({ since }) => rank(since) <= wanted);
	if (rule === undefined) throw new InputError(`kernel ${release} is older than 2.6.36, the first with oom_score_adj`);
	return rule;
}
