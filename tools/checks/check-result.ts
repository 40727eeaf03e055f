/** One check of `pnpm check`: what is wrong in the tree at `root`, one sentence each; nothing where all is well. */
export interface Check {
	readonly name: string;
	/** Why the check does not apply on this machine, or undefined: such a check is shown and counted as skipped. */
	readonly skip?: (root: string) => Promise<string | undefined>;
	readonly run: (root: string) => Promise<ReadonlyArray<string>>;
}
