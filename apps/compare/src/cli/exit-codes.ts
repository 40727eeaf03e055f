/** The exit codes of every command; there are no others. */
export const EXIT = { DONE: 0, DOES_NOT_HOLD: 1, UNUSABLE: 2, GATE_FAILED: 3, BUG: 70 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code means, in the words of `pagelab --help` and of the README. */
export const EXIT_CODES: readonly (readonly [code: ExitCode, meaning: string])[] = [
	[EXIT.DONE, "done"],
	[EXIT.DOES_NOT_HOLD, "the thing checked does not hold"],
	[EXIT.UNUSABLE, "unusable input or options"],
	[EXIT.GATE_FAILED, "a gate given by the user failed"],
	[EXIT.BUG, "a bug in pagelab; PAGELAB_DEBUG=1 shows where"],
];

/** The table as `--help` prints it. */
export const exitCodeHelp = (): string =>
	["Exit codes:", ...EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`)].join("\n");
