import type { KlogEvent } from "@pagelab/klog";
import { NameMap } from "./name-map.ts";

const REMOVED = "(removed)";

/** What kernels print before a kill, and when they stop. Anything else can be another program's words. */
const KERNEL_WORDS =
	/^(?:Out of memory(?: \(oom_kill_allocating_task\)|: system-wide panic_on_oom is enabled|: compulsory panic_on_oom is enabled)?|Memory cgroup out of memory|Out of memory and no killable processes\.{0,3}|System is deadlocked on memory)?$/;

type Replace = (text: string, names: NameMap) => string;

const task: Replace = (text, names) => names.replace("task", text);
const cgroup: Replace = (text, names) => names.replacePath("cgroup", text);
const cpuset: Replace = (text, names) => names.replacePath("cpuset", text);
const removed: Replace = () => REMOVED;

/** By the field, with the one that contains it where its name alone does not tell. */
const RULES: Readonly<Record<string, Replace>> = {
	comm: task,
	"rows.name": task,
	"summary.task": task,
	"memcg.task": cgroup,
	"memcg.limit": cgroup,
	oom_memcg: cgroup,
	task_memcg: cgroup,
	group: cgroup,
	"stats.path": cgroup,
	cpuset,
	hardware: (text, names) => names.replace("machine", text),
	// Vendors and builders write names behind the numbers.
	release: (text) => /^\d+(?:\.\d+)*/.exec(text)?.[0] ?? "",
	build: () => "",
	// Where a symboliser found the sources.
	source: removed,
	site: (text) => (text.startsWith("/") ? REMOVED : text),
	workqueue: removed,
	"damaged.text": removed,
	"kills.message": (text) => (KERNEL_WORDS.test(text) ? text : REMOVED),
	"selected.message": (text) => (KERNEL_WORDS.test(text) ? text : REMOVED),
	"exiting.message": (text) => (KERNEL_WORDS.test(text) ? text : REMOVED),
	"panic.message": (text) => (KERNEL_WORDS.test(text) ? text : REMOVED),
	"time.wall": (text) => text,
	// Caches of a cgroup are named `dentry(17:name)`.
	"unreclaimableSlab.name": (text) => text.replace(/\(.*$/, ""),
	"cache.cache": (text) => text.replace(/\(.*$/, ""),
	reason: (text) => (/^[a-z0-9_ .,:()-]*$/i.test(text) && !text.includes("/") ? text : REMOVED),
};

/** Fields whose names are pieces of the log, as they may be hostile too. */
const FREE_KEYS: ReadonlySet<string> = new Set(["other"]);

interface Place {
	readonly key: string;
	/** The field around it; an array's own name for what is in it. */
	readonly parent: string;
}

function walk(value: unknown, { key, parent }: Place, names: NameMap): unknown {
	if (typeof value === "string") {
		const rule = RULES[`${parent}.${key}`] ?? RULES[key];
		return rule === undefined ? value : rule(value, names);
	}
	if (Array.isArray(value)) return value.map((item: unknown) => walk(item, { key, parent }, names));
	if (value === null || typeof value !== "object") return value;
	const entries = Object.entries(value).filter(() => !FREE_KEYS.has(key));
	return Object.fromEntries(entries.map(([name, item]) => [name, walk(item, { key: name, parent: key }, names)]));
}

/** Messages about contradictions name tasks in brackets. */
function inMessages(event: KlogEvent, names: NameMap): KlogEvent {
	const contradictions = event.contradictions.map((own) => ({
		...own,
		message: names
			.tasks()
			.reduce((message, [name, other]) => message.replaceAll(`(${name})`, `(${other})`), own.message),
	}));
	return { ...event, contradictions };
}

/**
 * Events without the names of processes, cgroups, cpusets, machines, builders and paths: each is replaced by a number, the same name
 * by the same number in all events. Numbers, masks and functions of the kernel stay.
 */
export function anonymizeEvents(events: readonly KlogEvent[]): KlogEvent[] {
	const names = new NameMap();
	const replaced = events.map((event) => walk(event, { key: "event", parent: "" }, names) as KlogEvent);
	return replaced.map((event) => inMessages(event, names));
}
