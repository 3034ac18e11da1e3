/* SPDX-License-Identifier: Apache-2.0
 * Clocks. */
#include "base/time.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * GOX_NS_PER_S + ts.tv_nsec;
}

int64_t gox_time_now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t gox_time_wall_ms(void)
{
    return read_clock(CLOCK_REALTIME) / GOX_NS_PER_MS;
}

void gox_time_format(int64_t wall_ms, char text[GOX_TIME_TEXT_BYTES])
{
    int64_t ms = wall_ms % 1000;
    int64_t s = wall_ms / 1000;
    if (ms < 0) {
        ms += 1000;
        s--;
    }
    time_t seconds = (time_t)s;
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL)
        tm = (struct tm){.tm_mday = 1, .tm_year = 70};
    char date[GOX_TIME_TEXT_BYTES];
    if (strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        date[0] = '\0';
    snprintf(text, GOX_TIME_TEXT_BYTES, "%.24s.%03dZ", date, (int)ms);
}
