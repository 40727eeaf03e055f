import { join } from "node:path";
import ts from "typescript";
import { projectRoot } from "../lib/project-root.ts";
import type { DocExample } from "./extract-examples.ts";

export interface PlacedExample {
	/** Page that holds the example, for messages. */
	readonly path: string;
	/** Folder whose package it belongs to. */
	readonly dir: string;
	readonly example: DocExample;
}

/** The workspace's own options, without those that are about writing libraries. */
function readOptions(): ts.CompilerOptions {
	const config = ts.readConfigFile(join(projectRoot, "tsconfig.base.json"), (path) => ts.sys.readFile(path));
	const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, projectRoot);
	return { ...options, isolatedDeclarations: false, declaration: false, noUnusedLocals: false };
}

/** Type errors of examples, each with page and line; examples run with types stripped, so nothing else sees these. */
export function typeProblems(examples: ReadonlyArray<PlacedExample>): string[] {
	const options = readOptions();
	// Virtual files inside the package's folder: their imports resolve as those of a file there.
	const placed = new Map(
		examples.map((each, index) => [join(projectRoot, each.dir, `doc-example-${index}.ts`), each] as const),
	);
	const host = ts.createCompilerHost(options);
	const onDisk = { fileExists: host.fileExists.bind(host), readFile: host.readFile.bind(host) };
	const textOf = (path: string): string | undefined => {
		const example = placed.get(path)?.example;
		return example === undefined ? undefined : "\n".repeat(example.line - 1) + example.code;
	};
	host.fileExists = (path) => placed.has(path) || onDisk.fileExists(path);
	host.readFile = (path) => textOf(path) ?? onDisk.readFile(path);
	const getSourceFile = host.getSourceFile.bind(host);
	host.getSourceFile = (path, languageVersion, ...rest) => {
		const text = textOf(path);
		return text === undefined
			? getSourceFile(path, languageVersion, ...rest)
			: ts.createSourceFile(path, text, languageVersion);
	};
	const program = ts.createProgram([...placed.keys()], options, host);
	return [...placed].flatMap(([path, { path: page }]) => {
		const file = program.getSourceFile(path);
		const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
		return found.map(({ start, messageText }) => {
			const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
			return `${page}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
		});
	});
}
