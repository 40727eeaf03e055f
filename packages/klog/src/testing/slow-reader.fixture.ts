/**
 * A second reader, written without the first: the whole log is one string without line ends, and every part is found by one
 * expression of its own. It knows nothing of streaming, interleaving or damage and is for logs with one report.
 */
export interface SlowReport {
	readonly head: { comm: string; mask: number; order: number; adj: number | null } | null;
	readonly global: Record<string, number> | null;
	readonly nodes: readonly { node: number; pairs: Record<string, number>; unreclaimable: boolean }[];
	readonly zones: readonly { node: number | null; zone: string; pairs: Record<string, number>; reserve: number[] }[];
	readonly lists: readonly {
		node: number | null;
		zone: string;
		blocks: [count: number, kb: number, types: string | null][];
		sum: number;
	}[];
	readonly hugepages: readonly (readonly number[])[];
	readonly totals: Record<string, number>;
	readonly swap: { free: number; total: number } | null;
	readonly memcg: readonly { name: string; usage: number; limit: number; failcnt: number }[];
	readonly rows: readonly { pid: number; values: Record<string, number>; name: string }[];
	readonly kills: readonly { pid: number; comm: string; vm: number; anon: number; file: number }[];
	readonly summary: { constraint: string; pid: number; uid: number } | null;
}

const PREFIX =
	/^\s*(?:<\d>)?(?:\w{3} +\d+ \d\d:\d\d:\d\d (?:\S+ )?kernel: )?(?:\[ *\d+\.\d+\] ?|\[\w{3} \w{3} \d+ [\d:]{8} \d{4}\] )?(?:\[ *[TC]\d+\] )?/;

const withoutPrefix = (line: string): string =>
	line
		.replace(/\r$/, "")
		.replace(PREFIX, "")
		.replace(/^\+(?=[a-z])/, "");

const number = (digits: string | undefined): number => Number(digits ?? Number.NaN);
const numberOrNull = (digits: string | undefined): number | null => (digits === undefined ? null : Number(digits));

export function readSlowly(log: string): SlowReport {
	const lines = log.split("\n").map(withoutPrefix);
	const text = lines
		.join(" ")
		.replaceAll(/#012|\\x0a/g, " ")
		.replaceAll(/\s+/g, " ");
	return {
		head: slowHead(text),
		global: slowGlobal(text),
		nodes: slowNodes(text),
		zones: slowZones(text),
		lists: slowLists(text),
		hugepages: slowHugepages(text),
		totals: slowTotals(text),
		swap: slowSwap(text),
		memcg: slowMemcg(text),
		rows: slowRows(lines),
		kills: slowKills(text),
		summary: slowSummary(text),
	};
}

function slowHead(text: string): SlowReport["head"] {
	const match =
		/(?:^| )(\S+) invoked oom-killer: gfp_mask=(0x[0-9a-f]+)\S*,.*? order=(-?\d+)(?:, oom_adj=-?\d+)?, oom_score_adj=(-?\d+)/.exec(
			text,
		);
	if (match !== null)
		return { comm: match[1] ?? "", mask: number(match[2]), order: number(match[3]), adj: number(match[4]) };
	const failure = /(?:^| )(\S+): page allocation failure[:.] order:(\d+), mode:(0x[0-9a-f]+)/.exec(text);
	if (failure === null) return null;
	return { comm: failure[1] ?? "", mask: number(failure[3]), order: number(failure[2]), adj: null };
}

function pairsOf(text: string): Record<string, number> {
	const pairs: Record<string, number> = {};
	const pattern = /([A-Za-z_]+(?:\([a-z]+\))?) ?: ?(\d+)(?:k ?B|KB|(?= )|$)/g;
	for (const [, name = "", value] of text.matchAll(pattern)) pairs[name] = number(value);
	return pairs;
}

function slowGlobal(text: string): SlowReport["global"] {
	const match = /(?:^| )(active_anon:\d+ (?:[a-z_]+:\d+(?: |$))+)/.exec(text);
	return match === null ? null : pairsOf(match[1] ?? "");
}

const NODE = /Node (\d+) (active_anon:\d+kB .*?all_unreclaimable\? (yes|no)(?: Balloon:\d+kB)?)/g;

const slowNodes = (text: string): SlowReport["nodes"] =>
	[...text.matchAll(NODE)].map(([, node, pairs = "", answer]) => ({
		node: number(node),
		pairs: pairsOf(pairs),
		unreclaimable: answer === "yes",
	}));

const slowZones = (text: string): SlowReport["zones"] =>
	[...text.matchAll(/(?:Node (\d+) )?([A-Z]\w*) (free:\d+kB .*?)lowmem_reserve\[\]:((?: \d+)*) (?=Node|[A-Z])/g)].map(
		([, node, zone = "", pairs = "", reserve = ""]) => ({
			node: numberOrNull(node),
			zone,
			pairs: pairsOf(pairs),
			reserve: reserve.trim().split(" ").map(Number),
		}),
	);

const slowLists = (text: string): SlowReport["lists"] =>
	[...text.matchAll(/(?:Node (\d+) )?([A-Z]\w*): ((?:\d+\*\d+kB (?:\([A-Z]+\) )?)+)= (\d+)kB/g)].map(
		([, node, zone = "", blocks = "", sum]) => ({
			node: numberOrNull(node),
			zone,
			blocks: [...blocks.matchAll(/(\d+)\*(\d+)kB (?:\(([A-Z]+)\))?/g)].map(([, count, kb, types]) => [
				number(count),
				number(kb),
				types ?? null,
			]),
			sum: number(sum),
		}),
	);

const slowHugepages = (text: string): SlowReport["hugepages"] =>
	[
		...text.matchAll(
			/Node (\d+) hugepages_total=(\d+) hugepages_free=(\d+) hugepages_surp=(\d+) hugepages_size=(\d+)kB/g,
		),
	].map(([, ...numbers]) => numbers.map(Number));

function slowTotals(text: string): Record<string, number> {
	const totals: Record<string, number> = {};
	const labels =
		"pages RAM|pages HighMem(?:/MovableOnly)?|pages reserved|pages cma reserved|pages hwpoisoned|pages shared|pages non-shared|pages in swap cache|total pagecache pages";
	for (const [, value, label = ""] of text.matchAll(new RegExp(`(\\d+) (${labels})`, "g")))
		totals[label] = number(value);
	return totals;
}

function slowSwap(text: string): SlowReport["swap"] {
	const match = /Free swap = (\d+)kB Total swap = (\d+)kB/.exec(text);
	return match === null ? null : { free: number(match[1]), total: number(match[2]) };
}

const slowMemcg = (text: string): SlowReport["memcg"] =>
	[...text.matchAll(/ (memory|memory\+swap|swap|kmem): usage (\d+)kB, limit (\d+)kB, failcnt (\d+)/g)].map(
		([, name = "", usage, limit, failcnt]) => ({
			name,
			usage: number(usage),
			limit: number(limit),
			failcnt: number(failcnt),
		}),
	);

function slowRows(lines: readonly string[]): SlowReport["rows"] {
	const head = lines.find((line) => /^\[ *pid *\]/.test(line));
	if (head === undefined) return [];
	const columns = head
		.replace(/^\[ *pid *\]/, "")
		.trim()
		.split(/\s+/)
		.slice(0, -1);
	return lines
		.filter((line) => /^\[ *\d+\] +\d+ +\d+ +\d+ /.test(line))
		.map((line) => {
			const [, pid, rest = ""] = /^\[ *(\d+)\] +(.*)$/.exec(line) ?? [];
			const words = rest.split(/\s+/);
			const values = Object.fromEntries(columns.map((column, i) => [column, number(words[i])]));
			return { pid: number(pid), values, name: words.slice(columns.length).join(" ") };
		});
}

const slowKills = (text: string): SlowReport["kills"] =>
	[
		...text.matchAll(
			/Killed process (\d+)(?:, UID \d+,)? \((.*?)\) total-vm:(\d+)kB, anon-rss:(\d+)kB, file-rss:(\d+)kB/g,
		),
	].map(([, pid, comm = "", vm, anon, file]) => ({
		pid: number(pid),
		comm,
		vm: number(vm),
		anon: number(anon),
		file: number(file),
	}));

function slowSummary(text: string): SlowReport["summary"] {
	const match = /oom-kill:constraint=(\w+),.*?,pid=(\d+),uid=(\d+)/.exec(text);
	return match === null ? null : { constraint: match[1] ?? "", pid: number(match[2]), uid: number(match[3]) };
}
