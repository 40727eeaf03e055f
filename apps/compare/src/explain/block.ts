import type { Statement } from "@pagelab/klog";

/** A column of a table. */
export interface BlockColumn {
	readonly title: string;
	readonly align: "left" | "right";
}

/** A part of an explanation as people read it, before it becomes text or HTML. No text in it is markup or escaped. */
export type Block =
	| { readonly kind: "heading"; readonly text: string }
	/** Wrapped; what it rests on is shown where that is not the log alone. */
	| { readonly kind: "statements"; readonly statements: readonly Statement[] }
	| { readonly kind: "table"; readonly columns: readonly BlockColumn[]; readonly rows: readonly (readonly string[])[] }
	/** A picture: one bar per row, as long as its share of `total`. */
	| {
			readonly kind: "bars";
			readonly total: number;
			readonly rows: readonly { readonly label: string; readonly value: number; readonly text: string }[];
	  };
