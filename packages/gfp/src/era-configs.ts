import type { GfpConfigSymbol } from "./era-tables.ts";
import type { GfpEra } from "./gfp-era.ts";
import { CONFIG_FIELDS, configSymbolsOfEra, DEFAULT_GFP_CONFIG, type GfpConfig } from "./gfp-layout.ts";

/**
 * Every configuration that gives an era other bits, composites or names, each once, the usual one first and those that
 * differ from it in the fewest symbols next; 1 to 8. Symbols without effect in this era are as in
 * {@link DEFAULT_GFP_CONFIG}.
 */
export function gfpConfigsOfEra(era: GfpEra): readonly Required<GfpConfig>[] {
	let configs: Required<GfpConfig>[] = [DEFAULT_GFP_CONFIG];
	for (const symbol of configSymbolsOfEra(era)) {
		configs = [...configs, ...configs.map((config) => toggled(config, symbol))];
	}
	return configs.toSorted((a, b) => differences(a) - differences(b));
}

function toggled(config: Required<GfpConfig>, symbol: GfpConfigSymbol): Required<GfpConfig> {
	const field = CONFIG_FIELDS[symbol];
	return { ...config, [field]: !config[field] };
}

const differences = (config: Required<GfpConfig>): number =>
	Object.values(CONFIG_FIELDS).filter((field) => config[field] !== DEFAULT_GFP_CONFIG[field]).length;
