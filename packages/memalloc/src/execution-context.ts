/**
 * What interrupts what, as the kernel's preempt_count() on x86-64 (include/linux/preempt.h): one number per CPU whose fields
 * count nested sections. Add an offset on entry, subtract it on exit.
 *
 * Left out: CONFIG_PREEMPT_RT, which counts softirq sections in the task.
 */
export const PREEMPT = {
	/** preempt_disable(), spinlocks. */
	DISABLE_OFFSET: 0x1,
	/** A softirq is being served. */
	SOFTIRQ_OFFSET: 0x100,
	/** local_bh_disable() in task code. */
	SOFTIRQ_DISABLE_OFFSET: 0x200,
	HARDIRQ_OFFSET: 0x10000,
	NMI_OFFSET: 0x100000,
	SOFTIRQ_MASK: 0xff00,
	HARDIRQ_MASK: 0xf0000,
	NMI_MASK: 0xf00000,
} as const;

/** preempt_count() of a task that nothing interrupts and that may sleep. */
export const TASK_CONTEXT = 0;

const IRQ_MASK = PREEMPT.SOFTIRQ_MASK | PREEMPT.HARDIRQ_MASK | PREEMPT.NMI_MASK;

/** in_interrupt(): NMI, hardirq, softirq, **and task code with BH disabled**. */
export const inInterrupt = (preemptCount: number): boolean => (preemptCount & IRQ_MASK) !== 0;

/** in_serving_softirq(): a softirq runs here, possibly itself interrupted by a hardirq or NMI. */
export const inServingSoftirq = (preemptCount: number): boolean => (preemptCount & PREEMPT.SOFTIRQ_OFFSET) !== 0;

/** in_task(): task code, also with BH disabled. */
export const inTask = (preemptCount: number): boolean =>
	(preemptCount & (PREEMPT.NMI_MASK | PREEMPT.HARDIRQ_MASK | PREEMPT.SOFTIRQ_OFFSET)) === 0;
