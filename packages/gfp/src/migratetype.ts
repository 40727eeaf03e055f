/** enum migratetype of include/linux/mmzone.h without CONFIG_CMA, as Debian builds it. */
export const MIGRATE = { UNMOVABLE: 0, MOVABLE: 1, RECLAIMABLE: 2, HIGHATOMIC: 3, ISOLATE: 4 } as const;
/** Number of migratetypes that have per-CPU lists. */
export const MIGRATE_PCPTYPES = 3;
/** Number of migratetypes without CONFIG_CMA. */
export const MIGRATE_TYPES = 5;

/**
 * Migratetype of a mask, 0 .. 3: gfp_migratetype() of include/linux/gfp.h. MOVABLE and RECLAIMABLE together, which are
 * illegal, give 3 = HIGHATOMIC. Does not know of disabled mobility grouping.
 */
export const gfpMigratetype = (gfp: number): number => (gfp >> 3) & 3;
