import { asGfp } from "@pagelab/base";
import { ALLOC, GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { TASK_CONTEXT } from "./execution-context.ts";
import { noreclaimScopes } from "./noreclaim-scopes.ts";
import { gfpPfmemallocFlags } from "./pfmemalloc.ts";
import { parseTaskFlags } from "./task-flags-text.ts";

/**
 * The interaction matrix of memalloc-scopes.md §5 (6.11, which has all scopes), as far as scopes alone decide it. Letters:
 * R may reclaim (S nothing of it), I with IO, F with FS, M may take movable zones, W warns on failure, N must not fail,
 * A all reserves.
 */
const SECTION_5 = `
scope            KERNEL  NOWAIT  ATOMIC  KERNEL|NOFAIL  KERNEL|NOMEMALLOC  HIGHUSER_MOVABLE
0                RIFW    -       W       RIFWN          RIFW               RIFMW
NOFS             RIW     -       W       RIWN           RIW                RIMW
NOIO             RW      -       W       RWN            RW                 RMW
NOFS|NOIO        RW      -       W       RWN            RW                 RMW
PIN              RIFW    -       W       RIFWN          RIFW               RIFW
MEMALLOC         WA      A       WA      WNA            W                  MWA
NORECLAIM        W       -       W       W              W                  MW
NOWARN           RIF     -       -       RIFN           RIF                RIFM
NORECLAIM|NOWARN -       -       -       -              -                  M
`;

const REQUESTS: Readonly<Record<string, number>> = {
	KERNEL: GFP_KERNEL,
	NOWAIT: GFP_NOWAIT,
	ATOMIC: GFP_ATOMIC,
	"KERNEL|NOFAIL": GFP_KERNEL | GFP.NOFAIL,
	"KERNEL|NOMEMALLOC": GFP_KERNEL | GFP.NOMEMALLOC,
	HIGHUSER_MOVABLE: 0x100cca,
};

/** What is left of a request inside a scope, in the letters of the table. */
function outcome(scopeText: string, request: number): string {
	const flags = parseTaskFlags(scopeText, { kernel: "v6.11" });
	const scoped = noreclaimScopes.narrow(flags, asGfp(request));
	const pfMemalloc = (flags & 0x800) !== 0;
	const blocks = (scoped & GFP.DIRECT_RECLAIM) !== 0;
	const letters = [
		...(blocks && !pfMemalloc ? ["R"] : []),
		...(blocks && !pfMemalloc && (scoped & GFP.IO) !== 0 ? ["I"] : []),
		...(blocks && !pfMemalloc && (scoped & GFP.FS) !== 0 ? ["F"] : []),
		...((scoped & GFP.MOVABLE) === 0 ? [] : ["M"]),
		...((scoped & GFP.NOWARN) === 0 ? ["W"] : []),
		...(blocks && (scoped & GFP.NOFAIL) !== 0 ? ["N"] : []),
		...(gfpPfmemallocFlags(scoped, { flags, oomVictim: false }, TASK_CONTEXT) === ALLOC.NO_WATERMARKS ? ["A"] : []),
	];
	return letters.join("") || "-";
}

describe("the interaction matrix of memalloc-scopes.md §5", () => {
	const [head = "", ...rows] = SECTION_5.trim().split("\n");
	const columns = head.split(/\s+/).slice(1);
	test.each(rows.map((row) => row.split(/\s+/)))("%s", (scope, ...expected) => {
		const found = columns.map((name) => outcome(scope, REQUESTS[name] ?? Number.NaN));
		expect(Object.fromEntries(columns.map((name, i) => [name, found[i]]))).toEqual(
			Object.fromEntries(columns.map((name, i) => [name, expected[i]])),
		);
	});
});
