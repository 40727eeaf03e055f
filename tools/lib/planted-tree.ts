import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A temporary folder with the given files; `using` removes it at the end of the block. */
export interface PlantedTree extends Disposable {
	readonly root: string;
}

/** Writes `files` (path → text) below a new folder of the system's temporary folder. */
export function plantTree(files: Readonly<Record<string, string>>): PlantedTree {
	const root = mkdtempSync(join(tmpdir(), "pagelab-planted-"));
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(join(root, dirname(path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
	return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
