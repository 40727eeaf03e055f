/* Included before an anchor: what it reads as monotonic time becomes the CPU time of the process, as on our side. */
#include <time.h>
#undef CLOCK_MONOTONIC
#define CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID
