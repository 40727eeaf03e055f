import { defineConfig, type ViteUserConfig } from "vitest/config";
import { ClosingLineReporter } from "./tools/vitest-reporter/closing-line.ts";

const conditions = ["@pagelab/source", "node", "import", "module", "default"];

const config: ViteUserConfig = defineConfig({
	resolve: { conditions },
	ssr: { resolve: { conditions } },
	test: {
		include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "tools/**/*.test.ts"],
		exclude: ["**/node_modules/**", "**/dist/**", "**/*.deep.test.ts"],
		env: { LC_ALL: "C", TZ: "UTC" },
		// One for each core; left to itself vitest keeps one core free, which is half of the time where there are two.
		maxWorkers: "100%",
		testTimeout: 60_000,
		hookTimeout: 60_000,
		reporters: ["default", new ClosingLineReporter()],
	},
});

export default config;
