import { InputError } from "@pagelab/base";

const MAX_SEEDS = 1000;
const EXPECTED = "expected whole numbers such as 1-10 or 3,7,12";

/** `1-10` or `3,7,12` or both. @throws InputError */
export function parseSeeds(text: string): number[] {
	const seeds = text.split(",").flatMap((part) => {
		const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim());
		if (match === null) throw new InputError(`"${text}" is no list of seeds, ${EXPECTED}`);
		const first = Number(match[1]);
		const last = Number(match[2] ?? match[1]);
		if (last < first || last - first >= MAX_SEEDS) {
			throw new InputError(`"${part.trim()}" is no range of at most ${MAX_SEEDS} seeds, ${EXPECTED}`);
		}
		return Array.from({ length: last - first + 1 }, (_, i) => first + i);
	});
	const unique = [...new Set(seeds)];
	if (unique.length !== seeds.length) throw new InputError(`a seed stands twice in "${text}"`);
	if (unique.length > MAX_SEEDS) throw new InputError(`${unique.length} seeds are too many, at most ${MAX_SEEDS}`);
	return unique;
}
