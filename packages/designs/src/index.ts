export * from "./naive-nofs.ts";
export * from "./post-revert.ts";
export * from "./pre-revert.ts";
export * from "./registry.ts";
