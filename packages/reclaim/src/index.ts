export * from "./lru-reclaimer.ts";
export * from "./profile.ts";
