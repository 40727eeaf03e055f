export * from "./errors.ts";
export * from "./isqrt.ts";
export * from "./kernel-id.ts";
export * from "./nearest-name.ts";
export { RateLimit } from "./rate-limit.ts";
export * from "./state-hash.ts";
export * from "./units.ts";
