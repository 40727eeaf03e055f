import { HTML_STYLE } from "./html-style.ts";

/** What {@link htmlPage} is made of; all of it is markup already, with its texts escaped. */
export interface HtmlPageParts {
	readonly title: string;
	readonly body: string;
	/** Rules beside those of all pages. */
	readonly style?: string;
}

/** One self-contained page, without script or any other file, light or dark as the reader's system is. */
export const htmlPage = ({ title, body, style }: HtmlPageParts): string => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>
${style === undefined ? HTML_STYLE : `${HTML_STYLE}\n${style}`}
</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
