import { fileURLToPath } from "node:url";

/** Absolute path of the checkout that this file belongs to, without a trailing slash. */
export const projectRoot: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");
