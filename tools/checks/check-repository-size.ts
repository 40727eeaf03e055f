import type { Check } from "./check-result.ts";
import { fileBytes, trackedFiles } from "./tracked-files.ts";

const FILE_BYTES_MAX = 2_000_000;
const TREE_BYTES_MAX = 20_000_000;

const inMegabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

/** No tracked file over 2 MB, all of them together not over 20 MB. */
export const checkRepositorySize: Check = {
	name: "repository size",
	async run(root) {
		const sizes = (await trackedFiles(root)).map((path) => ({ path, bytes: fileBytes(root, path) }));
		const problems = sizes
			.filter(({ bytes }) => bytes > FILE_BYTES_MAX)
			.map(({ path, bytes }) => `${path}: has ${inMegabytes(bytes)}, more than ${inMegabytes(FILE_BYTES_MAX)}`);
		const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
		if (total > TREE_BYTES_MAX) {
			problems.push(`the tracked files have ${inMegabytes(total)}, more than ${inMegabytes(TREE_BYTES_MAX)}`);
		}
		return problems;
	},
};
