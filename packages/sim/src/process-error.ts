/**
 * A simulated program did what no program may: released a lock that it does not hold, exited with a lock held, slept for a
 * negative time. A bug of that program, not of the simulation, and never a modelled failure.
 */
export class ProcessError extends Error {
	override readonly name: string = "ProcessError";
	readonly process: string;
	/** Virtual time, in ticks. */
	readonly atTicks: number;

	constructor(message: string, where: { readonly process: string; readonly atTicks: number }) {
		super(`${where.process} at tick ${where.atTicks}: ${message}`);
		this.process = where.process;
		this.atTicks = where.atTicks;
	}
}
