import { asTaskFlags, invariant, type TaskFlags } from "@pagelab/base";
import { memallocRestore, memallocSave } from "./save-restore.ts";
import { ScopeMisuseError, type ScopeMisuse } from "./scope-misuse-error.ts";
import { formatTaskFlags } from "./task-flags-text.ts";
import { PF } from "./task-flags.ts";
import { describeTask, type Task } from "./task.ts";

/** Where scopes find out who runs and where. */
export interface MemallocScopesOptions {
	/** The task that runs now (`current`). */
	readonly current: () => Task;
	/**
	 * Names the place of a call that gave none. The default numbers them in call order (`place #3`), which is the same in
	 * every run; an app may give a line of a stack trace instead.
	 */
	readonly place?: () => string;
}

/** An open scope. `using` ends it at the end of the block, `end` by hand. */
export interface MemallocScope extends Disposable {
	readonly task: Task;
	/** The bits that were asked for. */
	readonly flags: TaskFlags;
	/** The bits that were newly set, what a save returns: 0 inside a scope that has them all. */
	readonly saved: TaskFlags;
	readonly openedAt: string;
	/** Where it was ended; undefined while it is open. */
	readonly endedAt: string | undefined;
	/** @throws ScopeMisuseError, and then changes nothing */
	end(where?: string): void;
}

class OpenScope implements MemallocScope {
	readonly task: Task;
	readonly flags: TaskFlags;
	readonly saved: TaskFlags;
	readonly openedAt: string;
	/** The scope around this one in the same task. */
	readonly outer: OpenScope | undefined;
	endedAt: string | undefined;
	readonly #end: (scope: OpenScope, where: string | undefined) => void;

	constructor(
		request: Pick<OpenScope, "task" | "flags" | "openedAt" | "outer">,
		end: (scope: OpenScope, where: string | undefined) => void,
	) {
		this.task = request.task;
		this.flags = request.flags;
		this.openedAt = request.openedAt;
		this.outer = request.outer;
		this.saved = memallocSave(request.task, request.flags);
		this.#end = end;
	}

	end(where?: string): void {
		this.#end(this, where);
	}

	[Symbol.dispose](): void {
		this.#end(this, undefined);
	}
}

/** The flags in words; 6.11 names all scope bits, so that the dropped ones are not printed as numbers. */
const describeScope = (scope: MemallocScope): string =>
	`scope ${formatTaskFlags(scope.flags, "v6.11")} of ${describeTask(scope.task)} opened at ${scope.openedAt}`;

/**
 * The scoped API with its rules checked: scopes end in reverse order, in the task that opened them, once, and before the
 * task's operation ends. The kernel checks none of this. All flags go through {@link memallocSave} and
 * {@link memallocRestore}, so the task's flags are at any time what the kernel's would be.
 *
 * Left out: flags that are set by hand (bcachefs' transactions do); use the plain functions for those.
 */
export class MemallocScopes {
	readonly #current: () => Task;
	readonly #place: () => string;
	/** Innermost open scope of each task that has one. */
	readonly #innermost = new Map<Task, OpenScope>();
	readonly #endScope = (scope: OpenScope, where: string | undefined): void => this.#end(scope, where);
	#places = 0;

	constructor(options: MemallocScopesOptions) {
		this.#current = options.current;
		this.#place = options.place ?? (() => `place #${++this.#places}`);
	}

	/** Opens a scope of any PF_* bits in the running task. Must be ended: `using scope = scopes.open(flags, "readahead")`. */
	open(flags: number, where?: string): MemallocScope {
		const task = this.#current();
		const outer = this.#innermost.get(task);
		const scope = new OpenScope(
			{ task, flags: asTaskFlags(flags), openedAt: where ?? this.#place(), outer },
			this.#endScope,
		);
		this.#innermost.set(task, scope);
		return scope;
	}

	/** memalloc_nofs_save() until the end of the block. */
	nofs(where?: string): MemallocScope {
		return this.open(PF.MEMALLOC_NOFS, where);
	}

	/** memalloc_noio_save() until the end of the block. */
	noio(where?: string): MemallocScope {
		return this.open(PF.MEMALLOC_NOIO, where);
	}

	/** memalloc_pin_save() until the end of the block. */
	pin(where?: string): MemallocScope {
		return this.open(PF.MEMALLOC_PIN, where);
	}

	/**
	 * memalloc_noreclaim_save() until the end of the block. The name trap: sets PF_MEMALLOC, no reclaim and **all reserves**.
	 * The dropped flag with no reserves is `open(PF.MEMALLOC_NORECLAIM)`, and {@link nowait}.
	 */
	noreclaim(where?: string): MemallocScope {
		return this.open(PF.MEMALLOC, where);
	}

	/** The proposed memalloc_nowait_save() until the end of the block: PF_MEMALLOC_NORECLAIM, no reclaim, no reserves. */
	nowait(where?: string): MemallocScope {
		return this.open(PF.MEMALLOC_NORECLAIM, where);
	}

	/** The innermost open scope of a task. */
	innermost(task: Task = this.#current()): MemallocScope | undefined {
		return this.#innermost.get(task);
	}

	/**
	 * At the end of an operation or of the running task: every scope that was opened since must be closed.
	 *
	 * @param outer the {@link innermost} scope when the operation began; at the end of a task leave it out
	 * @throws ScopeMisuseError (leaked) that names each scope still open, innermost first; `openedAt` is the outermost of
	 * them. Or when the operation ended `outer`, which is not its own (out of order), or ends in another task (carried)
	 */
	checkClosed(where?: string, outer?: MemallocScope): void {
		const current = this.#current();
		const innermost = this.#innermost.get(current);
		if (innermost === outer) return;
		const misusedAt = where ?? this.#place();
		if (outer?.endedAt !== undefined) {
			const what = `was ended at ${outer.endedAt}, inside of the operation that ends at ${misusedAt}`;
			this.#fail(outer, "out of order", misusedAt, what);
		}
		if (outer !== undefined && outer.task !== current) {
			const what = `is around an operation that ends at ${misusedAt} in ${describeTask(current)}`;
			this.#fail(outer, "carried", misusedAt, what);
		}
		const leaked: MemallocScope[] = [];
		for (let s = innermost; s !== undefined && s !== outer; s = s.outer) leaked.push(s);
		const first = leaked.at(-1);
		invariant(first !== undefined, "the scope around the operation is open but not on the stack");
		throw new ScopeMisuseError(`${leaked.map(describeScope).join("; ")}: still open at ${misusedAt}`, {
			misuse: "leaked",
			openedAt: first.openedAt,
			misusedAt,
		});
	}

	/**
	 * Before the running task forks: copy_process() copies scope bits to the child, which nobody ends there.
	 *
	 * @throws ScopeMisuseError (carried) when a scope with newly set bits is open
	 */
	checkFork(child: Pick<Task, "comm" | "pid">, where?: string): void {
		let scope = this.#innermost.get(this.#current());
		while (scope !== undefined && scope.saved === 0) scope = scope.outer;
		if (scope === undefined) return;
		const misusedAt = where ?? this.#place();
		this.#fail(scope, "carried", misusedAt, `is carried into ${describeTask(child)} by the fork at ${misusedAt}`);
	}

	/** Recounts from the tasks' flags. @throws InvariantError, or ScopeMisuseError (cleared) for bits that somebody cleared */
	validate(): void {
		for (const [task, innermost] of this.#innermost) {
			let set = 0;
			for (let scope: OpenScope | undefined = innermost; scope !== undefined; scope = scope.outer) {
				invariant(scope.task === task, "a scope is on the stack of another task");
				invariant(scope.endedAt === undefined, "an ended scope is on the stack");
				invariant((scope.saved & ~scope.flags) === 0, "a scope saved bits that it did not ask for");
				invariant((set & scope.saved) === 0, "two open scopes saved the same bit");
				set |= scope.saved;
				this.#checkStillSet(scope, "validate()");
			}
		}
	}

	#end(scope: OpenScope, where: string | undefined): void {
		const misusedAt = where ?? this.#place();
		if (scope.endedAt !== undefined) {
			this.#fail(scope, "ended twice", misusedAt, `was ended at ${scope.endedAt} and again at ${misusedAt}`);
		}
		const current = this.#current();
		if (current !== scope.task) {
			this.#fail(scope, "carried", misusedAt, `was ended at ${misusedAt} by ${describeTask(current)}`);
		}
		const innermost = this.#innermost.get(current);
		if (innermost !== undefined && innermost !== scope) {
			const later = describeScope(innermost);
			this.#fail(scope, "out of order", misusedAt, `was ended at ${misusedAt} while ${later} is still open`);
		}
		invariant(innermost === scope, "an open scope is not on the stack of its task");
		this.#checkStillSet(scope, misusedAt);
		memallocRestore(scope.task, scope.saved);
		scope.endedAt = misusedAt;
		if (scope.outer === undefined) this.#innermost.delete(scope.task);
		else this.#innermost.set(scope.task, scope.outer);
	}

	#checkStillSet(scope: OpenScope, misusedAt: string): void {
		if ((scope.saved & ~scope.task.flags) === 0) return;
		const lost = formatTaskFlags(scope.saved & ~scope.task.flags, "v6.11");
		this.#fail(scope, "cleared", misusedAt, `lost ${lost}, as seen at ${misusedAt}: somebody else restored it`);
	}

	#fail(scope: MemallocScope, misuse: ScopeMisuse, misusedAt: string, what: string): never {
		throw new ScopeMisuseError(`${describeScope(scope)} ${what}`, { misuse, openedAt: scope.openedAt, misusedAt });
	}
}
