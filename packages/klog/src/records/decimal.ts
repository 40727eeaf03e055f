/** A decimal number, perhaps negative. Adding 0 makes the 0 of a damaged "-0", which JSON cannot keep apart. */
export const decimal = (digits: string): number => Number(digits) + 0;

/** The same of a group that need not be there. */
export const optionalDecimal = (digits: string | undefined): number | null =>
	digits === undefined ? null : decimal(digits);
