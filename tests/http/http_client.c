/* SPDX-License-Identifier: Apache-2.0
 * A small blocking HTTP client. What it does not understand fails the test. */
#include "http/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

double http_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
            .sin_port = htons((uint16_t)port),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int http_listen(unsigned *port)
{
    struct sockaddr_in addr = loopback(0);
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(fd, 256), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
    *port = ntohs(addr.sin_port);
    return fd;
}

int http_connect(unsigned port)
{
    struct sockaddr_in addr = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool http_send(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t put = send(fd, data, len, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        data += put;
        len -= (size_t)put;
    }
    return true;
}

void http_send_text(int fd, const char *text)
{
    assert_true(http_send(fd, text, strlen(text)));
}

static bool is_readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) > 0;
}

/* One byte: the next answer stays in the socket. -1 at the end. */
static int read_byte(int fd)
{
    unsigned char c;
    if (!is_readable(fd, HTTP_LIMIT_MS))
        fail_msg("no answer");
    return read(fd, &c, 1) == 1 ? c : -1;
}

static size_t read_exactly(int fd, char *to, size_t len)
{
    size_t used = 0;
    while (used < len) {
        if (!is_readable(fd, HTTP_LIMIT_MS))
            fail_msg("the body does not come");
        ssize_t got = read(fd, to + used, len - used);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    return used;
}

/* A line of a chunked body. */
static size_t read_size(int fd)
{
    char line[64];
    size_t len = 0;
    int c;
    while ((c = read_byte(fd)) != '\n' && c >= 0 && len < sizeof line - 1)
        line[len++] = (char)c;
    line[len] = '\0';
    return (size_t)strtoul(line, NULL, 16);
}

static void read_chunks(int fd, struct http_answer *a)
{
    char end[2];
    size_t size;
    while ((size = read_size(fd)) > 0) {
        a->body = realloc(a->body, a->body_len + size + 1);
        a->body_len += read_exactly(fd, a->body + a->body_len, size);
        read_exactly(fd, end, 2);
    }
    read_exactly(fd, end, 2);
}

static void read_rest(int fd, struct http_answer *a)
{
    char part[4096];
    size_t got;
    while ((got = read_exactly(fd, part, sizeof part)) > 0) {
        a->body = realloc(a->body, a->body_len + got + 1);
        memcpy(a->body + a->body_len, part, got);
        a->body_len += got;
    }
    a->is_closed = true;
}

struct http_answer http_read(int fd, bool is_head)
{
    struct http_answer a = {.head = calloc(1, 65536), .body = calloc(1, 1)};
    size_t len = 0;
    int c;
    while (len < 65000 && (c = read_byte(fd)) >= 0) {
        a.head[len++] = (char)c;
        if (len >= 4 && memcmp(a.head + len - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    if (len == 0) {
        a.is_closed = true;
        return a;
    }
    if (sscanf(a.head, "HTTP/1.%*d %d", &a.status) != 1)
        fail_msg("no HTTP: %s", a.head);
    if (a.status == 100) {
        http_answer_free(&a);
        return http_read(fd, is_head);
    }
    const char *length = http_header(&a, "Content-Length");
    if (is_head || a.status == 204)
        return a;
    if (length != NULL) {
        size_t want = (size_t)strtoul(length, NULL, 10);
        a.body = realloc(a.body, want + 1);
        a.body_len = read_exactly(fd, a.body, want);
    } else if (http_header(&a, "Transfer-Encoding") != NULL) {
        read_chunks(fd, &a);
    } else {
        read_rest(fd, &a);
    }
    a.body[a.body_len] = '\0';
    return a;
}

void http_answer_free(struct http_answer *a)
{
    free(a->head);
    free(a->body);
}

struct http_answer http_once(unsigned port, const char *text)
{
    int fd = http_connect(port);
    assert_true(fd >= 0);
    http_send_text(fd, text);
    struct http_answer a = http_read(fd, strncmp(text, "HEAD", 4) == 0);
    close(fd);
    return a;
}

const char *http_header(const struct http_answer *a, const char *name)
{
    static char value[512];
    size_t len = strlen(name);
    for (const char *line = strstr(a->head, "\r\n"); line != NULL;
            line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
            continue;
        const char *from = line + 3 + len;
        from += strspn(from, " ");
        size_t n = strcspn(from, "\r");
        assert_true(n < sizeof value);
        memcpy(value, from, n);
        value[n] = '\0';
        return value;
    }
    return NULL;
}

bool http_read_until(int fd, const char *text)
{
    size_t matched = 0;
    while (text[matched] != '\0') {
        int c = read_byte(fd);
        if (c < 0)
            return false;
        matched = c == text[matched] ? matched + 1 : c == text[0];
    }
    return true;
}

bool http_wait_end(int fd, int ms)
{
    double limit = http_now_ms() + ms;
    char part[4096];
    while (http_now_ms() < limit) {
        if (!is_readable(fd, ms))
            return false;
        if (read(fd, part, sizeof part) <= 0)
            return true;
    }
    return false;
}
