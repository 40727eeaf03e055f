import { defineConfig, type ViteUserConfig } from "vitest/config";
import base from "./vitest.config.ts";

// The long suites: random mixes and all recordings of the shared folder. A test file over ten seconds belongs here.
const config: ViteUserConfig = defineConfig({
	...base,
	test: {
		...base.test,
		include: ["packages/*/src/**/*.deep.test.ts", "apps/*/src/**/*.deep.test.ts"],
		exclude: ["**/node_modules/**", "**/dist/**"],
		testTimeout: 900_000,
		hookTimeout: 900_000,
	},
});

export default config;
