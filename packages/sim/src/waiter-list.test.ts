import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ProcessRecord, type Steps } from "./process.ts";
import { WaiterList } from "./waiter-list.ts";

const record = (id: number): ProcessRecord =>
	new ProcessRecord({ id, name: `p${id}`, priority: 0, daemon: false }, id, function* (): Steps<void> {});

const ids = (list: WaiterList): number[] => {
	const found: number[] = [];
	list.validate((p) => found.push(p.id));
	return found;
};

test("against an array: append, remove anywhere, shift", () => {
	const step = fc.record({ action: fc.constantFrom("append", "append", "remove", "shift"), id: fc.nat(9) });
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const processes = Array.from({ length: 10 }, (_, id) => record(id));
			const list = new WaiterList();
			const twin: number[] = [];
			for (const { action, id } of steps) {
				const process = processes[id] ?? record(id);
				const at = twin.indexOf(id);
				if (action === "shift") {
					expect(list.shift()?.id).toBe(twin.shift());
				} else if (action === "append" && at < 0) {
					list.append(process);
					twin.push(id);
				} else if (action === "remove" && at >= 0) {
					list.remove(process);
					twin.splice(at, 1);
				}
				expect(ids(list)).toEqual(twin);
				expect(list.size).toBe(twin.length);
			}
		}),
	);
});

test("a process waits in one line at a time", () => {
	const [one, other] = [new WaiterList(), new WaiterList()];
	const process = record(0);
	one.append(process);
	expect(() => other.append(process)).toThrow("waits in two lines");
	expect(() => other.remove(process)).toThrow("leaves a line that it is not in");
});

test("validate() finds broken links", () => {
	const broken = (damage: (first: ProcessRecord, second: ProcessRecord) => void): (() => void) => {
		const list = new WaiterList();
		const [first, second] = [record(0), record(1)];
		list.append(first);
		list.append(second);
		damage(first, second);
		return () => ids(list);
	};
	expect(broken((first) => (first.nextWaiter = undefined))).toThrow("the end of a line is wrong");
	expect(broken((_first, second) => (second.previousWaiter = undefined))).toThrow("the links of a line disagree");
	expect(broken((_first, second) => (second.nextWaiter = record(2)))).toThrow("belongs to another line");
	expect(broken((first, second) => (second.nextWaiter = first))).toThrow("the links of a line disagree");
	expect(broken((first) => (first.waiterList = undefined))).toThrow("belongs to another line");
});
