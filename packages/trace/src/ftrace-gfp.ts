import { InputError } from "@pagelab/base";
import { type GfpKernel, gfpLayout, parseGfpWith } from "@pagelab/gfp";

/** Masks of the gfp texts of a log. */
export interface GfpMasks {
	/** By number of the text, as in gfp columns; 0 for unknown ones. */
	readonly masks: Uint32Array;
	/** Texts that the kernel does not print, so that the log is of another one, or damaged. */
	readonly unknown: readonly string[];
}

/**
 * Decodes the gfp texts of a log (`log.gfpTexts`), each once.
 *
 * @param kernel the one that printed them; names and bits differ between kernels.
 */
export function decodeGfpTexts(texts: readonly string[], kernel: GfpKernel = {}): GfpMasks {
	const layout = gfpLayout(kernel);
	const unknown: string[] = [];
	const masks = Uint32Array.from(texts, (text) => {
		try {
			return parseGfpWith(layout, text, "trace");
		} catch (error) {
			if (!(error instanceof InputError)) throw error;
			unknown.push(text);
			return 0;
		}
	});
	return { masks, unknown };
}
