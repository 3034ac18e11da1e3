/* SPDX-License-Identifier: Apache-2.0
 * Who may ask: the Host and Origin rules against pages that make a browser talk
 * to this machine (cross-site requests, DNS rebinding), and bearer tokens.
 *
 * Invariant: what is not understood is refused. */
#include "http/http.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The length of the host in "host[:port]" with nothing behind; 0: malformed. */
static size_t host_len(const char *text)
{
    size_t len = 0;
    if (text[0] == '[') {
        const char *end = strchr(text, ']');
        len = end != NULL ? (size_t)(end - text) + 1 : 0;
    } else {
        while (isalnum((unsigned char)text[len]) ||
                (text[len] != '\0' && strchr(".-_", text[len]) != NULL))
            len++;
    }
    if (len == 0 || text[len] == '\0')
        return len;
    if (text[len] != ':')
        return 0;
    size_t digits = strspn(text + len + 1, "0123456789");
    return digits > 0 && digits <= 5 && text[len + 1 + digits] == '\0' ? len
                                                                       : 0;
}

/* Whether word is one of the words of list. */
static bool has_word(const char *list, const char *word, size_t len)
{
    while (*list != '\0') {
        size_t n = strcspn(list, " ");
        if ((n == len && strncasecmp(list, word, len) == 0) ||
                (n == 1 && list[0] == '*'))
            return true;
        list += n;
        list += strspn(list, " ");
    }
    return false;
}

bool gox_http_is_host_text_allowed(const char *host, const char *allowed)
{
    size_t len = host_len(host);
    if (len == 0)
        return false;
    return has_word("localhost 127.0.0.1 [::1]", host, len) ||
           (allowed != NULL && has_word(allowed, host, len));
}

bool gox_http_is_origin_text_allowed(const char *origin, const char *allowed)
{
    size_t scheme = strncasecmp(origin, "http://", 7) == 0    ? 7
                    : strncasecmp(origin, "https://", 8) == 0 ? 8
                                                              : 0;
    /* "null" and the schemes of extensions and apps have no host. */
    if (scheme == 0)
        return false;
    return gox_http_is_host_text_allowed(origin + scheme, allowed);
}

bool gox_http_origin_is_allowed(
        const gox_http_request *req, const char *allowed)
{
    unsigned count = gox_http_header_count(req, "Origin");
    return count == 0 ||
           (count == 1 && gox_http_is_origin_text_allowed(
                                  gox_http_header(req, "Origin"), allowed));
}

const char *gox_http_bearer(const gox_http_request *req)
{
    const char *text = gox_http_header(req, "Authorization");
    if (text == NULL || gox_http_header_count(req, "Authorization") != 1 ||
            strncasecmp(text, "Bearer ", 7) != 0)
        return NULL;
    text += 7;
    return text + strspn(text, " ");
}
