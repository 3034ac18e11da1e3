/* SPDX-License-Identifier: Apache-2.0
 * What a test tells the library that is loaded below a daemon: a mapped file,
 * so that it takes effect at once and without a signal. */
#ifndef GOX_TESTS_FAULT_SHIM_H
#define GOX_TESTS_FAULT_SHIM_H

struct durable_faults {
    /* All of these only of files *.goxdb and their logs. */
    _Atomic int fail_sync;
    _Atomic int write_errno;     /* 0: writing works */
    _Atomic long writes_first;   /* that many still work */
    _Atomic long clock_offset_s; /* of the wall clock */
    _Atomic unsigned failed_syncs, failed_writes;
    _Atomic unsigned clock_looks;
};

#endif
