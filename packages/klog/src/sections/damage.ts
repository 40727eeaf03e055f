/** A piece of a line that could not be read: cut off, overwritten, or of a kind this reader does not know. */
export interface Damage {
	readonly line: number;
	readonly text: string;
}

/** More are counted but not kept: a hostile file must not fill the memory. */
const DAMAGE_MAX = 100;

/** Collects the damage of one report. */
export class DamageList {
	readonly list: Damage[] = [];

	add(line: number, texts: readonly string[]): void {
		for (const text of texts) if (this.list.length < DAMAGE_MAX) this.list.push({ line, text: text.slice(0, 200) });
	}
}
