export * from "./alloc-flags.ts";
export * from "./bits.ts";
export * from "./migratetype.ts";
export * from "./zone.ts";
