/* SPDX-License-Identifier: Apache-2.0
 * The callers' side of the log: filter, take over, wake the writer. */
#include "log/log.h"

#include "base/alloc.h"
#include "base/time.h"
#include "log/log_internal.h"
#include "platform/journal.h"
#include "platform/os.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RING_BYTES    (256u << 10)
#define OUT_BYTES     65536u
#define STACK_BYTES   (128u << 10)
#define CLOSE_WAIT_MS 2000u
#define LAST_WAIT_MS  500u
#define CRASH_WAIT_MS 300
#define CRASH_STEP_MS 5

/* ---- names ---- */

static const char *const level_names[GOX_LOG_LEVEL_COUNT] = {
        "error", "warn", "info", "debug"};
static const char *const format_names[GOX_LOG_FORMAT_COUNT] = {
        "auto", "json", "text", "journald"};
static const char *const component_names[GOX_LOG_COMPONENT_COUNT] = {
#define NAME(name, text) text,
        GOX_LOG_COMPONENT_LIST(NAME)
#undef NAME
};

static int find_name(
        const char *const *names, int count, const char *name, size_t len)
{
    for (int i = 0; i < count; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return i;
    return -1;
}

const char *gox_log_level_name(enum gox_log_level level)
{
    return level_names[level];
}

int gox_log_level_find(const char *name, size_t len)
{
    return find_name(level_names, GOX_LOG_LEVEL_COUNT, name, len);
}

const char *gox_log_component_name(enum gox_log_component component)
{
    return component_names[component];
}

int gox_log_component_find(const char *name, size_t len)
{
    return find_name(component_names, GOX_LOG_COMPONENT_COUNT, name, len);
}

const char *gox_log_format_name(enum gox_log_format format)
{
    return format_names[format];
}

/* ---- fields ---- */

struct gox_log_field gox_log_int(const char *key, int64_t value)
{
    return (struct gox_log_field){key, GOX_LOG_FIELD_INT, {.i = value}};
}

struct gox_log_field gox_log_uint(const char *key, uint64_t value)
{
    return (struct gox_log_field){key, GOX_LOG_FIELD_UINT, {.u = value}};
}

struct gox_log_field gox_log_number(const char *key, double value)
{
    return (struct gox_log_field){key, GOX_LOG_FIELD_NUMBER, {.d = value}};
}

struct gox_log_field gox_log_bool(const char *key, bool value)
{
    struct gox_log_field f = {key, GOX_LOG_FIELD_BOOL, {.u = 0}};
    f.value.b = value;
    return f;
}

struct gox_log_field gox_log_bytes(
        const char *key, const char *data, size_t len)
{
    return (struct gox_log_field){
            key, GOX_LOG_FIELD_TEXT, {.text = {data, len}}};
}

struct gox_log_field gox_log_text(const char *key, const char *value)
{
    return gox_log_bytes(key, value, strlen(value));
}

struct gox_log_field gox_log_secret(const char *key)
{
    return (struct gox_log_field){key, GOX_LOG_FIELD_SECRET, {.u = 0}};
}

/* ---- opening and closing ---- */

void gox_log_config_init(struct gox_log_config *config)
{
    *config = (struct gox_log_config){.format = GOX_LOG_AUTO,
            .level = GOX_LOG_INFO,
            .with = GOX_LOG_WITH_ALL};
    memset(config->levels, -1, sizeof config->levels);
}

static void set_levels(gox_log *log, const struct gox_log_config *config)
{
    for (size_t i = 0; i < GOX_LOG_COMPONENT_COUNT; i++) {
        int level =
                config->levels[i] >= 0 ? config->levels[i] : (int)config->level;
        atomic_store(&log->levels[i], (unsigned char)level);
    }
}

static enum gox_log_format choose_auto(bool is_file)
{
    if (is_file)
        return GOX_LOG_JSON;
    if (gox_journal_is_stream(STDERR_FILENO))
        return GOX_LOG_JOURNALD;
    return isatty(STDERR_FILENO) ? GOX_LOG_TEXT : GOX_LOG_JSON;
}

/* Standard error, and the journal if that may be asked for. */
static void open_streams(gox_log *log, const char *journal_socket)
{
    struct stat st;
    log->sink.fd = STDERR_FILENO;
    log->sink.journal_path = journal_socket;
    log->sink.is_stream = fstat(STDERR_FILENO, &st) == 0 &&
                          !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode);
    int code = gox_journal_open(journal_socket, &log->sink.journal_fd);
    (void)code; /* no journal: journal_fd is -1 */
}

static void choose_format(gox_log *log)
{
    enum gox_log_format format = log->config.format;
    if (format == GOX_LOG_AUTO)
        format = log->auto_format;
    if (format == GOX_LOG_JOURNALD && log->sink.journal_fd < 0)
        format = GOX_LOG_JSON;
    log->encoding.format = format;
    log->encoding.with = log->config.with;
}

static void free_log(gox_log *log)
{
    gox_rotate_close(log->sink.file);
    if (log->sink.journal_fd >= 0)
        close(log->sink.journal_fd);
    gox__ring_fini(&log->ring);
    gox_buf_fini(&log->out);
    pthread_cond_destroy(&log->has_work);
    pthread_cond_destroy(&log->has_written);
    pthread_mutex_destroy(&log->lock);
    gox_free(log);
}

gox_log *gox_log_open(const char *path, const char *name,
        const char *journal_socket, const struct gox_log_config *config,
        struct gox_error *err)
{
    gox_log *log = gox_calloc(1, sizeof *log);
    if (log == NULL) {
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory for the log");
        return NULL;
    }
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->has_work, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&log->has_written, &attr);
    pthread_condattr_destroy(&attr);
    log->sink.journal_fd = -1;
    log->config = *config;
    log->encoding.name = name;
    log->encoding.pid = gox_os_pid();
    gox_buf_init(&log->out, 0);
    set_levels(log, config);
    /* The writer's memory comes from here: the first allocation of a thread
     * would cost an arena of its own. */
    if (gox__ring_init(&log->ring, RING_BYTES) < 0 ||
            gox_buf_reserve(&log->out, OUT_BYTES) == NULL) {
        free_log(log);
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory for the log");
        return NULL;
    }
    if (path[0] != '\0') {
        log->sink.file = gox_rotate_open(path, &config->rotation, err);
        if (log->sink.file == NULL) {
            free_log(log);
            return NULL;
        }
    } else {
        open_streams(log, journal_socket);
    }
    log->auto_format = choose_auto(path[0] != '\0');
    choose_format(log);
    return log;
}

/* With the lock held: until is_done, or for so long. */
static bool wait_until(gox_log *log, bool (*is_done)(gox_log *log, size_t goal),
        size_t goal, unsigned timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at); /* see the condition's own clock */
    int64_t ns = at.tv_nsec + (int64_t)timeout_ms * GOX_NS_PER_MS;
    at.tv_sec += (time_t)(ns / GOX_NS_PER_S);
    at.tv_nsec = (long)(ns % GOX_NS_PER_S);
    while (!is_done(log, goal))
        if (pthread_cond_timedwait(&log->has_written, &log->lock, &at) != 0)
            return is_done(log, goal);
    return true;
}

static bool is_ended(gox_log *log, size_t goal)
{
    (void)goal;
    return log->has_ended;
}

static bool is_written(gox_log *log, size_t goal)
{
    return log->ring.tail >= goal || log->has_ended;
}

void gox_log_close(gox_log *log)
{
    if (log == NULL)
        return;
    bool has_ended = true;
    pthread_mutex_lock(&log->lock);
    log->is_ending = true;
    if (log->has_thread) {
        pthread_cond_signal(&log->has_work);
        has_ended = wait_until(log, is_ended, 0, CLOSE_WAIT_MS);
        if (!has_ended) {
            atomic_store(&log->sink.is_hurried, true);
            has_ended = wait_until(log, is_ended, 0, LAST_WAIT_MS);
        }
    }
    /* No thread could be started. */
    uint64_t lost = 0;
    for (size_t at = log->ring.tail; !log->has_thread && at < log->ring.head;)
        at = gox__writer_drain(log, at, log->ring.head, &lost);
    pthread_mutex_unlock(&log->lock);
    /* A writer that hangs in the kernel keeps its memory: nothing else is
     * safe, and the process is about to end. */
    if (!has_ended)
        return;
    if (log->has_thread)
        pthread_join(log->thread, NULL);
    free_log(log);
}

void gox_log_configure(gox_log *log, const struct gox_log_config *config)
{
    pthread_mutex_lock(&log->lock);
    log->config = *config;
    set_levels(log, config);
    log->must_configure = true;
    if (!log->has_thread)
        choose_format(log);
    pthread_cond_signal(&log->has_work);
    pthread_mutex_unlock(&log->lock);
}

void gox_log_reopen(gox_log *log)
{
    pthread_mutex_lock(&log->lock);
    log->must_reopen = true;
    pthread_cond_signal(&log->has_work);
    pthread_mutex_unlock(&log->lock);
}

/* ---- putting ---- */

/* The thread takes no signals: they belong to the loop. With the lock held. */
static void start_writer(gox_log *log)
{
    sigset_t all, before;
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0)
        return;
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    log->has_thread =
            pthread_create(&log->thread, &attr, gox__writer_run, log) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
}

void gox_log_hold(gox_log *log)
{
    log->is_held = true;
}

void gox_log_start(gox_log *log)
{
    pthread_mutex_lock(&log->lock);
    log->is_held = false;
    if (!log->has_thread && log->ring.head != log->ring.tail)
        start_writer(log);
    pthread_mutex_unlock(&log->lock);
}

bool gox_log_wants(const gox_log *log, enum gox_log_level level,
        enum gox_log_component component)
{
    return log != NULL &&
           (unsigned)level <= atomic_load_explicit(&log->levels[component],
                                      memory_order_relaxed);
}

static void put_record(gox_log *log, const struct gox__record *head,
        const char *message, const struct gox_log_field *fields)
{
    struct gox__record record = *head;
    record.bytes = (uint32_t)gox__record_bytes(&record, message, fields);
    pthread_mutex_lock(&log->lock);
    uint8_t *to = gox__ring_reserve(&log->ring, record.bytes);
    if (to != NULL) {
        gox__record_pack(to, &record, message, fields);
        /* An empty ring begins anew elsewhere. */
        atomic_store(&log->written, log->ring.tail);
        gox__ring_commit(&log->ring, record.bytes);
        atomic_store(&log->put, log->ring.head);
        log->record_count++;
    } else {
        log->dropped++;
    }
    if (!log->has_thread && !log->is_held)
        start_writer(log);
    else if (log->is_sleeping)
        pthread_cond_signal(&log->has_work);
    pthread_mutex_unlock(&log->lock);
}

static void put_args(gox_log *log, enum gox_log_level level,
        enum gox_log_component component, const struct gox_log_field *fields,
        size_t count, const char *fmt, va_list args)
{
    static _Thread_local int tid;
    char message[GOX__LOG_MESSAGE_MAX];
    int wanted = vsnprintf(message, sizeof message, fmt, args);
    size_t len = wanted > 0 ? (size_t)wanted : 0;
    len = gox__text_cut(message, len, sizeof message - 1);
    if (tid == 0)
        tid = gox_os_thread_id();
    struct gox__record head = {.level = (uint8_t)level,
            .component = (uint8_t)component,
            .field_count = (uint8_t)(count < GOX__LOG_FIELDS_MAX
                                             ? count
                                             : GOX__LOG_FIELDS_MAX),
            .at_ms = gox_time_wall_ms(),
            .tid = tid,
            .message_len = (uint32_t)len};
    put_record(log, &head, message, fields);
}

void gox_log_put(gox_log *log, enum gox_log_level level,
        enum gox_log_component component, const char *fmt, ...)
{
    va_list args;
    if (!gox_log_wants(log, level, component))
        return;
    va_start(args, fmt);
    put_args(log, level, component, NULL, 0, fmt, args);
    va_end(args);
}

void gox_log_put_fields(gox_log *log, enum gox_log_level level,
        enum gox_log_component component, const struct gox_log_field *fields,
        size_t count, const char *fmt, ...)
{
    va_list args;
    if (!gox_log_wants(log, level, component))
        return;
    va_start(args, fmt);
    put_args(log, level, component, fields, count, fmt, args);
    va_end(args);
}

/* ---- waiting for it ---- */

bool gox_log_flush(gox_log *log, unsigned timeout_ms)
{
    pthread_mutex_lock(&log->lock);
    size_t goal = log->ring.head;
    bool is_done = log->has_thread
                           ? wait_until(log, is_written, goal, timeout_ms)
                           : is_written(log, goal);
    pthread_mutex_unlock(&log->lock);
    return is_done;
}

/* True when the writer has done all that was put. */
static bool wait_crashed(gox_log *log, size_t goal)
{
    const struct timespec step = {0, CRASH_STEP_MS * (long)GOX_NS_PER_MS};
    bool is_writer =
            log->has_thread && pthread_equal(log->thread, pthread_self());
    for (int i = 0; i < CRASH_WAIT_MS / CRASH_STEP_MS && !is_writer; i++) {
        if (atomic_load(&log->written) >= goal)
            return true;
        nanosleep(&step, NULL);
    }
    return false;
}

void gox_log_flush_crash(gox_log *log, int signal_number)
{
    size_t goal = atomic_load(&log->put);
    bool is_written_out = wait_crashed(log, goal);
    /* From here on it is a race with a writer that hangs: a record may come
     * twice, none is left out. No rotation, no more memory. */
    if (log->sink.file != NULL) {
        log->sink.fd = gox_rotate_fd(log->sink.file);
        log->sink.file = NULL;
        log->sink.is_stream = true;
    }
    atomic_store(&log->sink.is_hurried, true);
    gox_buf_reset(&log->out);
    log->out.max_bytes = log->out.capacity;
    uint64_t lost = 0;
    size_t at = atomic_load(&log->written);
    while (!is_written_out && at < goal)
        at = gox__writer_drain(log, at, goal, &lost);
    lost += gox__writer_put_now(log, GOX_LOG_ERROR, GOX_LOG_C_DAEMON,
            "ends by a fatal signal", gox_log_int("signal", signal_number));
}

void gox_log_get_stats(gox_log *log, struct gox_log_stats *stats)
{
    pthread_mutex_lock(&log->lock);
    *stats = (struct gox_log_stats){.records = log->record_count,
            .dropped = log->dropped,
            .wakeups = log->wakeups,
            .ring_bytes = log->ring.head - log->ring.tail};
    pthread_mutex_unlock(&log->lock);
}

enum gox_log_format gox_log_get_format(gox_log *log)
{
    pthread_mutex_lock(&log->lock);
    enum gox_log_format format = log->encoding.format;
    pthread_mutex_unlock(&log->lock);
    return format;
}
