/* SPDX-License-Identifier: Apache-2.0
 * The real daemon and raw bytes to and from it, for tests of the wire: no
 * client library in between.
 *
 * In requests and expected texts ' stands for ". */
#ifndef GOX_TESTS_WIRE_H
#define GOX_TESTS_WIRE_H

#include "gox_test.h"

#include <sys/types.h>

#define WIRE_LIMIT_MS 30000

struct wire {
    char dir[64];
    char socket[96];
    pid_t pid;
    int in, out; /* of --stdio; else -1 */
};

/* Starts the daemon on dir/s.sock (args: more options, NULL-ended) and waits
 * until it listens. */
void wire_start(struct wire *w, const char *const *args);
/* The same in a directory that is there already. */
void wire_start_in(struct wire *w, const char *const *args);
/* With --stdio; in and out are its pipes. */
void wire_start_stdio(struct wire *w);
/* Runs the daemon with args (NULL-ended) to its end; its exit code, and what it
 * printed (both outputs) in text. */
int wire_run(const char *const *args, char *text, size_t size);
/* SIGTERM, waits; the exit code, milliseconds in *ms (may be NULL). */
int wire_stop(struct wire *w, double *ms);
/* Waits for the end; the exit code. */
int wire_wait(struct wire *w);
void wire_cleanup(struct wire *w);

int wire_connect(const struct wire *w);
/* Sends all; ' becomes ". */
void wire_send(int fd, const char *text);
void wire_send_bytes(int fd, const char *data, size_t len);
/* One line without its newline, a new string; NULL at the end of the stream.
 * Fails after the limit. */
char *wire_line(int fd);
/* One line that must contain text (' is "). */
void wire_expect(int fd, const char *text);
/* Nothing comes within ms. */
void wire_expect_silence(int fd, int ms);
/* The stream has ended. */
void wire_expect_end(int fd);
/* Waits until text is in the log; what comes after it there, a new string. */
char *wire_wait_log(const struct wire *w, const char *text);
double wire_now_ms(void);
/* Open descriptors and resident KiB of the daemon. */
int wire_fd_count(const struct wire *w);
long wire_rss_kib(const struct wire *w);

#endif
