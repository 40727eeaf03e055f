// Which Node is too old, in one sentence each. Plain JavaScript, because it must run on the old Node to refuse it.

/** The least Node that can install and start pagelab, and the least that runs its TypeScript sources. */
const INSTALL_MIN = [20, 19];
const SOURCE_MIN = [24, 0];

/** @param {string} version such as `v20.19.0` */
function isBelow(version, [majorMin, minorMin]) {
	const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
	return major < majorMin || (major === majorMin && minor < minorMin);
}

/**
 * Why this Node cannot even install, or undefined.
 *
 * @param {string} version of the Node that runs `npm`
 * @returns {string | undefined}
 */
export function refuseInstall(version) {
	if (!isBelow(version, INSTALL_MIN)) return undefined;
	return `Node ${version} is too old, pagelab needs ${INSTALL_MIN.join(".")} or newer`;
}

/**
 * Why the Node found after installation cannot run the sources, or undefined.
 *
 * @param {string | undefined} version what `node --version` says with node_modules/.bin first on PATH
 * @param {string} platform as in `darwin-arm64`
 * @returns {string | undefined}
 */
export function refuseSource(version, platform) {
	if (version !== undefined && !isBelow(version, SOURCE_MIN)) return undefined;
	const found = version === undefined ? "no Node was found" : `the one found is ${version}`;
	return `no Node comes along for ${platform} and ${found}, install Node ${SOURCE_MIN[0]} or newer`;
}
