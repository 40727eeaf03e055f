import { z } from "zod";

/** Parts that the schema of an explanation is made of, each with what it means. */
export const text = (what: string): z.ZodString => z.string().describe(what);
export const count = (what: string): z.ZodNumber => z.number().int().describe(what);
export const textOrNull = (what: string): z.ZodNullable<z.ZodString> => z.string().nullable().describe(what);
export const numberOrNull = (what: string): z.ZodNullable<z.ZodNumber> => z.number().nullable().describe(what);

export const statement: z.ZodType = z.strictObject({
	text: text("One sentence."),
	basis: z
		.enum(["logged", "kernel rule", "inferred"])
		.describe("What it rests on: the log, what a kernel of that version does, or an assumption that it names."),
});
export const statements = (what: string): z.ZodType => z.array(statement).describe(what);
