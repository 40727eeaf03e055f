import fc from "fast-check";

/** Ways to damage a log. Each takes a log and numbers from which it chooses, and returns another text. */
type Damage = (log: string, choose: (below: number) => number) => string;

const cutBytes: Damage = (log, choose) => {
	const at = choose(log.length);
	return log.slice(0, at) + log.slice(at + 1 + choose(200));
};

const overwrite: Damage = (log, choose) => {
	const at = choose(log.length);
	const junk = ["\u0000", "\ufffd", "kB", "9".repeat(30), "(", "[", "\u001b[31m", "\r", " = ", ":", "</script>"];
	return log.slice(0, at) + (junk[choose(junk.length)] ?? "") + log.slice(at + choose(20));
};

const onLines =
	(change: (lines: string[], choose: (below: number) => number) => string[]): Damage =>
	(log, choose) =>
		change(log.split("\n"), choose).join("\n");

const shuffle = onLines((lines, choose) => {
	const from = choose(lines.length);
	const [moved = ""] = lines.splice(from, 1);
	lines.splice(choose(lines.length + 1), 0, moved);
	return lines;
});

const reverse = onLines((lines) => lines.toReversed());

const drop = onLines((lines, choose) => {
	lines.splice(choose(lines.length), 1 + choose(10));
	return lines;
});

const repeat = onLines((lines, choose) => {
	const at = choose(lines.length);
	lines.splice(at, 0, ...lines.slice(at, at + choose(20)));
	return lines;
});

/** As a terminal of some width cuts them. */
const cutColumns = onLines((lines, choose) => {
	const columns = 10 + choose(150);
	return lines.map((line) => line.slice(0, columns));
});

const cutFirstColumns = onLines((lines, choose) => {
	const columns = choose(40);
	return lines.map((line) => line.slice(columns));
});

const interleave = onLines((lines, choose) => {
	const shift = choose(lines.length);
	return lines.flatMap((line, i) => [line, lines[(i + shift) % lines.length] ?? ""]);
});

const DAMAGES: readonly Damage[] = [
	cutBytes,
	overwrite,
	shuffle,
	reverse,
	drop,
	repeat,
	cutColumns,
	cutFirstColumns,
	interleave,
];

/** Logs, each damaged several times. */
export const mangledLog = (logs: readonly string[]): fc.Arbitrary<string> =>
	fc
		.record({
			log: fc.constantFrom(...logs),
			damages: fc.array(fc.constantFrom(...DAMAGES), { minLength: 1, maxLength: 6 }),
			choices: fc.infiniteStream(fc.nat()),
		})
		.map(({ log, damages, choices }) => {
			const choose = (below: number): number => (choices.next().value ?? 0) % Math.max(1, below);
			return damages.reduce((text, damage) => damage(text, choose), log);
		});
