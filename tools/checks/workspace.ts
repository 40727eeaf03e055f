import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface PackageManifest {
	readonly name: string;
	readonly description?: string;
	readonly license?: string;
	readonly type?: string;
	readonly private?: boolean;
	readonly sideEffects?: boolean;
	readonly exports?: Readonly<Record<string, Readonly<Record<string, string>> | string>>;
	readonly files?: ReadonlyArray<string>;
	readonly bin?: Readonly<Record<string, string>>;
	readonly engines?: Readonly<Record<string, string>>;
	readonly dependencies?: Readonly<Record<string, string>>;
	readonly devDependencies?: Readonly<Record<string, string>>;
	readonly peerDependencies?: Readonly<Record<string, string>>;
	readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface WorkspacePackage {
	/** Folder relative to the root, as in `packages/base`. */
	readonly dir: string;
	/** Name of that folder, which ARCHITECTURE.md's floors use. */
	readonly folder: string;
	readonly manifest: PackageManifest;
}

const readManifest = (path: string): PackageManifest => JSON.parse(readFileSync(path, "utf8")) as PackageManifest;

/** All packages of the workspace by folder name: those of `packages/`, then `apps/`, then `tools/`. */
export function findPackages(root: string): WorkspacePackage[] {
	return ["packages", "apps", "tools"].flatMap((group) =>
		globSync(`${group}/*/package.json`, { cwd: root })
			.map((path) => path.replaceAll("\\", "/"))
			.toSorted()
			.map((path) => {
				const dir = dirname(path);
				return { dir, folder: dir.slice(group.length + 1), manifest: readManifest(join(root, path)) };
			}),
	);
}

/** Those that `changeset publish` would publish. */
export const findPublishable = (root: string): WorkspacePackage[] =>
	findPackages(root).filter(({ manifest }) => manifest.private !== true);

/** Names that a package declares in any way. */
export const declaredNames = (manifest: PackageManifest): string[] => [
	...Object.keys(manifest.dependencies ?? {}),
	...Object.keys(manifest.devDependencies ?? {}),
	...Object.keys(manifest.peerDependencies ?? {}),
	...Object.keys(manifest.optionalDependencies ?? {}),
];
