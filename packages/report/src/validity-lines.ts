import type { ValidityCard } from "./validity-card.ts";

/** One entry of the printed validity card. */
export interface ValidityLine {
	readonly name: string;
	readonly text: string;
}

function costText({ id, calibratedOn }: ValidityCard["costModel"]): string {
	return calibratedOn === null
		? `${id}, not calibrated: no times can be read off`
		: `${id}, calibrated on ${calibratedOn}`;
}

function evidenceText({ evidence, rows }: ValidityCard["weakestEvidence"]): string {
	return rows.length === 0 ? evidence : `${evidence}: ${rows.join("; ")}`;
}

const listText = (items: readonly string[]): string => (items.length === 0 ? "none stated" : items.join("; "));

/** The validity card in the order in which it is read; an empty list says "none stated", which is not "none". */
export function validityLines(card: ValidityCard): ValidityLine[] {
	return [
		{ name: "profile", text: card.profile },
		{ name: "evidence", text: `at its weakest ${evidenceText(card.weakestEvidence)}` },
		{ name: "costs", text: costText(card.costModel) },
		{ name: "errors", text: listText(card.knownErrors) },
		{ name: "not covered", text: listText(card.notRecorded) },
		...card.notes.map((text) => ({ name: "note", text })),
	];
}
