import { loggedZones, readKlog } from "@pagelab/klog";
import fc from "fast-check";

/** Takes a log and returns a damaged one; `choose(n)` is a number below n. */
type Damage = (log: string, choose: (below: number) => number) => string;

const removeBytes: Damage = (log, choose) => {
	const at = choose(log.length);
	return log.slice(0, at) + log.slice(at + 1 + choose(300));
};

const HOSTILE = [
	"</script>",
	"\u001b[31m",
	"\u0000",
	"\u202E",
	"<img src=x>",
	"&amp;",
	"\r",
	"\u2028",
	"`",
	"${x}",
	"%n",
];

const insertHostile: Damage = (log, choose) => {
	const at = choose(log.length);
	return log.slice(0, at) + (HOSTILE[choose(HOSTILE.length)] ?? "") + log.slice(at);
};

const onLines =
	(change: (lines: string[], choose: (below: number) => number) => string[]): Damage =>
	(log, choose) =>
		change(log.split("\n"), choose).join("\n");

const shuffleLines = onLines((lines, choose) => {
	const shuffled = [...lines];
	for (let n = 0; n < 1 + lines.length / 8; n++) {
		const [moved = ""] = shuffled.splice(choose(shuffled.length), 1);
		shuffled.splice(choose(shuffled.length + 1), 0, moved);
	}
	return shuffled;
});

const cutColumns = onLines((lines, choose) => {
	const width = 20 + choose(150);
	return lines.map((line) => line.slice(0, width));
});

const dropLines = onLines((lines, choose) => {
	lines.splice(choose(lines.length), 1 + choose(15));
	return lines;
});

const repeatLines = onLines((lines, choose) => {
	const at = choose(lines.length);
	lines.splice(at, 0, ...lines.slice(at, at + 1 + choose(30)));
	return lines;
});

/** Numbers that decisions are made of, in a line of the state of memory or of the request. */
const changeNumber = onLines((lines, choose) => {
	const telling = lines.flatMap((line, i) => (/\d\*\d+kB| free:|order[:=]|reserve|RAM|swap/.test(line) ? [i] : []));
	const at = telling[choose(telling.length)];
	if (at === undefined) return lines;
	const values = ["0", "1", "7", "4096", "99999999", "18446744073709551615", "-1", "", "1e9"];
	const numbers = [...(lines[at] ?? "").matchAll(/\d+/g)];
	const chosen = numbers[choose(numbers.length)];
	if (chosen === undefined) return lines;
	const line = lines[at] ?? "";
	lines[at] =
		line.slice(0, chosen.index) + (values[choose(values.length)] ?? "") + line.slice(chosen.index + chosen[0].length);
	return lines;
});

const changeLetters: Damage = (log, choose) => {
	const letters = ["(U)", "(H)", "(C)", "(I)", "(UMEHCI)", "(R)", "()", "(X)"];
	let left = choose(12);
	return log.replace(/\([UMEHCIR]{1,6}\)/g, (own) => (left-- === 0 ? (letters[choose(letters.length)] ?? "") : own));
};

const DAMAGES: readonly Damage[] = [
	removeBytes,
	insertHostile,
	shuffleLines,
	cutColumns,
	dropLines,
	repeatLines,
	changeNumber,
	changeNumber,
	changeLetters,
];

/** Decisions are taken again on machines of so many pages at most, unless a large one is drawn. */
const LARGE_PAGES = 1_000_000;
/** A large machine takes twenty times as long. */
const SMALL_FOR_ONE_LARGE = 30;

const isLarge = (log: string): boolean =>
	readKlog(log).some((event) => {
		const memInfo = event.kind === "page-allocation-failure" || event.kind === "vmalloc-failure" ? event.memInfo : null;
		const zones = memInfo === null ? [] : loggedZones(memInfo);
		return zones.reduce((sum, { managed }) => sum + (managed ?? 0), 0) > LARGE_PAGES;
	});

/** Logs; those of large machines are rare. */
function anyLog(logs: readonly string[]): fc.Arbitrary<string> {
	const large = logs.filter(isLarge);
	const small = logs.filter((log) => !large.includes(log));
	return fc.oneof(
		{ arbitrary: fc.constantFrom(...small), weight: SMALL_FOR_ONE_LARGE },
		{ arbitrary: fc.constantFrom(...large), weight: 1 },
	);
}

/** Logs, each damaged one to six times. */
export const damagedLog = (logs: readonly string[]): fc.Arbitrary<string> =>
	fc
		.record({
			log: anyLog(logs),
			damages: fc.array(fc.constantFrom(...DAMAGES), { minLength: 1, maxLength: 6 }),
			choices: fc.infiniteStream(fc.nat()),
		})
		.map(({ log, damages, choices }) => {
			const choose = (below: number): number => (choices.next().value ?? 0) % Math.max(1, below);
			return damages.reduce((text, damage) => damage(text, choose), log);
		});
