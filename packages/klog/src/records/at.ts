/** A record with the line that it stands in. */
export type At<T> = T & { readonly line: number };

/** The same as a part of an event, whose field says what it is. */
export type Placed<T> = Omit<At<T>, "type">;
