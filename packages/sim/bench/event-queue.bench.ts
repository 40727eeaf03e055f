/**
 * The simulation kernel in the hold model: every process sleeps for an exponential time, again and again. Prints one JSON
 * line per measured thing, in CPU time. Arguments: numeric | flatqueue | generators, number of processes, events.
 *
 * Draws come from the generator and logarithm of the anchor (des.cpp), so both sides do the same work.
 */
import { delay, EventQueue, Scheduler, type Steps } from "@pagelab/sim";
import FlatQueue from "flatqueue";

let state = 2_463_534_242 | 0;

function exponential(): number {
	state ^= state << 13;
	state ^= state >>> 17;
	state ^= state << 5;
	return -Math.log(((state >>> 0) + 0.5) / 4_294_967_296);
}

/** Nanoseconds of CPU time that one event takes when `work` handles `events` of them. */
function nsPerEvent(events: number, work: (events: number) => void): number {
	const before = process.cpuUsage();
	work(events);
	const { user, system } = process.cpuUsage(before);
	return ((user + system) * 1000) / events;
}

/** The project's queue, events as numbers. */
function numeric(processes: number): (events: number) => void {
	const queue = new EventQueue(processes);
	const handled = new Uint32Array(processes);
	for (let i = 0; i < processes; i++) queue.push(exponential(), i);
	return (events) => {
		for (let k = 0; k < events; k++) {
			const payload = queue.pop();
			handled[payload] = (handled[payload] ?? 0) + 1;
			queue.push(queue.time + exponential(), payload);
		}
	};
}

/** The peer: flatqueue has no order among equal times. */
function flatqueue(processes: number): (events: number) => void {
	const queue = new FlatQueue(processes);
	const handled = new Uint32Array(processes);
	for (let i = 0; i < processes; i++) queue.push(i, exponential());
	return (events) => {
		for (let k = 0; k < events; k++) {
			const time = queue.peekValue() ?? 0;
			const payload = queue.pop() ?? 0;
			handled[payload] = (handled[payload] ?? 0) + 1;
			queue.push(payload, time + exponential());
		}
	};
}

/** The scheduler: a generator per process, whole ticks. */
function generators(processes: number): (events: number) => void {
	const scheduler = new Scheduler();
	const ticks = (): number => Math.ceil(exponential() * 1_000_000);
	for (let i = 0; i < processes; i++) {
		scheduler.spawn(function* (): Steps<void> {
			for (;;) yield delay(ticks());
		});
	}
	return (events) => {
		scheduler.run({ maxEvents: events });
	};
}

const WORK = new Map([
	["numeric", numeric],
	["flatqueue", flatqueue],
	["generators", generators],
]);

const [name = "", processesText, eventsText] = process.argv.slice(2);
const selected = name === "" ? [...WORK] : [...WORK].filter(([key]) => key === name);
const processes = Number(processesText ?? 10_000);
const events = Number(eventsText ?? 2e6);
for (const [key, make] of selected) {
	const run = make(processes);
	run(events / 4);
	console.log(JSON.stringify({ name: `${key} ${processes}`, ns: nsPerEvent(events, run), events }));
}
if (selected.length === 0) throw new Error(`unknown work "${name}", expected ${[...WORK.keys()].join(", ")}`);
