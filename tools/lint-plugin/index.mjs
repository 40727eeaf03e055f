// Rules of this project's own for oxlint; .oxlintrc.json says where they hold.

/** Exact in every engine by the ECMAScript standard; all others, such as log, may differ in the last bit. */
const EXACT = new Set([
	"abs",
	"ceil",
	"clz32",
	"floor",
	"fround",
	"imul",
	"max",
	"min",
	"round",
	"sign",
	"sqrt",
	"trunc",
	"E",
	"LN10",
	"LN2",
	"LOG10E",
	"LOG2E",
	"PI",
	"SQRT1_2",
	"SQRT2",
]);

/** Name that a member expression reads, where it can be seen: `Math.log` and `Math["log"]`. */
function memberName(node) {
	if (!node.computed) return node.property.name;
	return node.property.type === "Literal" ? String(node.property.value) : undefined;
}

/** `Math` is used as `Math.<name>` with exact names only, so that no alias hides one of the others. */
const exactMaths = {
	create: (context) => ({
		Identifier(node) {
			if (node.name !== "Math" || !context.sourceCode.isGlobalReference(node)) return;
			const { parent } = node;
			const name = parent.type === "MemberExpression" && parent.object === node ? memberName(parent) : undefined;
			if (name !== undefined && EXACT.has(name)) return;
			const what = name === undefined ? "Math itself" : `Math.${name}`;
			const instead =
				name === "random"
					? "draw from a stream of @pagelab/sim"
					: "use integers or the deterministic maths of @pagelab/base";
			context.report({ node, message: `${what} is not the same in all engines: ${instead}` });
		},
	}),
};

/** Methods whose result depends on the machine's language settings. */
const LOCALE_METHODS = new Set([
	"localeCompare",
	"toLocaleString",
	"toLocaleDateString",
	"toLocaleTimeString",
	"toLocaleLowerCase",
	"toLocaleUpperCase",
]);

const noLocale = {
	create: (context) => ({
		MemberExpression(node) {
			const name = memberName(node);
			if (name === undefined || !LOCALE_METHODS.has(name)) return;
			context.report({ node, message: `${name} depends on the machine's language: compare or print without it` });
		},
	}),
};

export default {
	meta: { name: "pagelab" },
	rules: { "exact-maths": exactMaths, "no-locale": noLocale },
};
