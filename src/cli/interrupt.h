/* SPDX-License-Identifier: Apache-2.0
 * ^C and its relatives as something to poll for, so that what was begun can be
 * cleared away before the program ends.
 *
 * Invariant: after gox_cli_end the program has died of the signal it got, as
 * its parent expects, or returned its code. */
#ifndef GOX_CLI_INTERRUPT_H
#define GOX_CLI_INTERRUPT_H

/* From here on SIGINT, SIGTERM and SIGHUP only wake who polls. Once is enough;
 * 0, or -1 with errno. */
int gox_cli_catch_signals(void);

/* The signal that came; 0: none. */
int gox_cli_interrupted(void);

/* Readable once a signal came; -1 when signals are not caught. */
int gox_cli_interrupt_fd(void);

/* Ends by the signal that came, if one did; else returns code. */
int gox_cli_end(int code);

#endif
