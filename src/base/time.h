/* SPDX-License-Identifier: Apache-2.0
 * The two clocks: monotonic nanoseconds for deadlines and durations, and wall
 * time for what people read. */
#ifndef GOX_BASE_TIME_H
#define GOX_BASE_TIME_H

#include <stddef.h>
#include <stdint.h>

#define GOX_NS_PER_MS INT64_C(1000000)
#define GOX_NS_PER_S  INT64_C(1000000000)

/* Monotonic, absolute, in nanoseconds. */
int64_t gox_time_now_ns(void);

/* Wall clock, milliseconds since 1970 UTC. */
int64_t gox_time_wall_ms(void);

/* RFC 3339 in UTC with milliseconds, "2026-01-02T03:04:05.678Z". */
#define GOX_TIME_TEXT_BYTES 32
void gox_time_format(int64_t wall_ms, char text[GOX_TIME_TEXT_BYTES]);

#endif
