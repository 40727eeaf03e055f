import { invariant } from "@pagelab/base";
import type { OomTask } from "@pagelab/contracts";
import type { OomProcess } from "./oom-host.ts";

interface Victim {
	/** signal->oom_mm. */
	readonly mm: number;
	/** TIF_MEMDIE of one of its threads: counted in oom_victims. */
	memdie: boolean;
}

/** What the OOM killer has done so far: victims, and the flags of their address spaces. */
export class OomVictims {
	/** By tgid. */
	readonly #victims = new Map<number, Victim>();
	/** MMF_OOM_SKIP. */
	readonly #oomSkip = new Set<number>();
	/** MMF_OOM_REAP_QUEUED. */
	readonly #reapQueued = new Set<number>();
	#memdie = 0;

	/** oom_victims: victims that have an mm still. */
	get count(): number {
		return this.#memdie;
	}

	isVictim(pid: number): boolean {
		return this.#victims.has(pid);
	}

	isOomSkip(mm: number): boolean {
		return this.#oomSkip.has(mm);
	}

	/** MMF_OOM_SKIP: set by the reaper, and by exit_mmap() once all is unmapped. */
	setOomSkip(mm: number): void {
		this.#oomSkip.add(mm);
	}

	/** test_and_set_bit(MMF_OOM_REAP_QUEUED): an mm is queued once. */
	queueOnce(mm: number): boolean {
		if (this.#reapQueued.has(mm)) return false;
		this.#reapQueued.add(mm);
		return true;
	}

	/** mark_oom_victim(): false for a task that has TIF_MEMDIE already. */
	mark(pid: number, mm: number): boolean {
		const victim = this.#victims.get(pid);
		if (victim?.memdie === true) return false;
		this.#victims.set(pid, { mm: victim?.mm ?? mm, memdie: true });
		this.#memdie++;
		return true;
	}

	/** exit_oom_victim(), called by exit_mm(): the task keeps signal->oom_mm. */
	exitMm(pid: number): void {
		const victim = this.#victims.get(pid);
		if (victim?.memdie !== true) return;
		victim.memdie = false;
		this.#memdie--;
	}

	/** The thread group is gone from the process list. */
	release(pid: number): void {
		this.exitMm(pid);
		this.#victims.delete(pid);
	}

	/** The last reference to an mm is dropped; its id may be used again. */
	dropMm(mm: number): void {
		this.#oomSkip.delete(mm);
		this.#reapQueued.delete(mm);
	}

	/** A process as policies see it. */
	view(process: OomProcess): OomTask {
		const { mm } = process;
		const oomMm = this.#victims.get(process.pid)?.mm;
		return {
			...process,
			mm: mm === undefined ? undefined : { ...mm, oomSkip: this.#oomSkip.has(mm.id) },
			oomMm: oomMm === undefined ? undefined : { id: oomMm, oomSkip: this.#oomSkip.has(oomMm) },
		};
	}

	/** Recounts. @throws InvariantError */
	validate(): void {
		let memdie = 0;
		for (const victim of this.#victims.values()) if (victim.memdie) memdie++;
		invariant(memdie === this.#memdie, `${this.#memdie} OOM victims are counted, ${memdie} are marked`);
	}
}
