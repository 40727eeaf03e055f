const TEXTS: Readonly<Record<string, string>> = {
	ENOENT: "no such file or directory",
	EACCES: "permission denied",
	EPERM: "operation not permitted",
	EISDIR: "it is a directory",
	ENOTDIR: "a part of the path is no directory",
	ENOSPC: "no space left on the device",
	EROFS: "the file system is read-only",
	EMFILE: "too many open files",
	ENAMETOOLONG: "the name is too long",
	ELOOP: "too many symbolic links",
};

/** The code of an error of the operating system, such as ENOENT. */
export function systemErrorCode(error: unknown): string | undefined {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	return typeof code === "string" ? code : undefined;
}

/** A few words for a user about an error of the operating system; other errors are thrown on. */
export function systemErrorText(error: unknown): string {
	const code = systemErrorCode(error);
	if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw error;
	return TEXTS[code] ?? code;
}
