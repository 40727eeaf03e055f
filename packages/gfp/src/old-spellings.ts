/** What became of a flag or composite after its last era, as names that stand for it now; none = dropped, no effect. */
export const OLD_SPELLINGS: Readonly<Record<string, readonly string[]>> = {
	/** Split in 4.4. */
	__GFP_WAIT: ["__GFP_RECLAIM"],
	/** Renamed in 4.13, same bit. */
	__GFP_REPEAT: ["__GFP_RETRY_MAYFAIL"],
	/** 3.8 to 3.15; from 4.5 memory control groups charge by __GFP_ACCOUNT. */
	__GFP_KMEMCG: ["__GFP_ACCOUNT"],
	/** Hints that were removed without successor. */
	__GFP_COLD: [],
	__GFP_NOTRACK: [],
	__GFP_OTHER_NODE: [],
	__GFP_NO_OBJ_EXT: [],
	/** The two became one in 6.4. */
	__GFP_SKIP_KASAN_POISON: ["__GFP_SKIP_KASAN"],
	__GFP_SKIP_KASAN_UNPOISON: ["__GFP_SKIP_KASAN"],
	GFP_TEMPORARY: ["GFP_KERNEL", "__GFP_RECLAIMABLE"],
	GFP_IOFS: ["__GFP_IO", "__GFP_FS"],
};

/** Flags that are gone and cannot be translated by OR-ing something; the text completes an error message. */
export const UNTRANSLATABLE: Readonly<Record<string, string>> = {
	__GFP_ATOMIC: "since 6.3 __GFP_HIGH without __GFP_DIRECT_RECLAIM has its effect",
	__GFP_NO_KSWAPD: "since 4.4 it is the absence of __GFP_KSWAPD_RECLAIM",
	__GFP_NOACCOUNT: "since 4.5 it is the absence of __GFP_ACCOUNT",
};
