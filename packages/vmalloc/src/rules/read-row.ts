import type { ProfileRow } from "@pagelab/base";

/** A row read in the source or in the patch that made the change. */
export const read = <T>(value: T, source: string): ProfileRow<T> => ({ value, evidence: "read in source", source });

/** A row that follows from other sources; which release has it was not seen. */
export const inferred = <T>(value: T, source: string): ProfileRow<T> => ({ value, evidence: "inferred", source });

/** A row that a recording of a real kernel shows. */
export const recorded = <T>(value: T, source: string): ProfileRow<T> => ({ value, evidence: "recorded", source });
