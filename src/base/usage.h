/* What this process uses of the machine. */
#ifndef DISE_BASE_USAGE_H
#define DISE_BASE_USAGE_H

#include <stdint.h>

/* Seconds of processor so far, its own and the kernel's for it, of all threads. */
double usage_cpu_seconds(void);
/* Memory that it has in RAM now; 0: the system does not tell. */
int64_t usage_resident_kb(void);

#endif
