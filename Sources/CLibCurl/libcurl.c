// libcurl, loaded when something first calls it: its functions as velo calls them, by their own names.
#include "library.h"
#include <curl/curl.h>

#define FORWARD(result, name, parameters, arguments) \
    VELO_FORWARD("libcurl.so.4", "libcurl4", result, name, parameters, arguments)

FORWARD(CURLcode, curl_global_init, (long flags), (flags))
FORWARD(time_t, curl_getdate, (const char *text, const time_t *unused), (text, unused))
FORWARD(void, curl_free, (void *memory), (memory))

FORWARD(CURL *, curl_easy_init, (void), ())
FORWARD(void, curl_easy_cleanup, (CURL *handle), (handle))
FORWARD(CURLcode, curl_easy_pause, (CURL *handle, int directions), (handle, directions))
FORWARD(const char *, curl_easy_strerror, (CURLcode code), (code))

FORWARD(CURLM *, curl_multi_init, (void), ())
FORWARD(CURLMcode, curl_multi_cleanup, (CURLM *multi), (multi))
FORWARD(CURLMcode, curl_multi_add_handle, (CURLM *multi, CURL *handle), (multi, handle))
FORWARD(CURLMcode, curl_multi_remove_handle, (CURLM *multi, CURL *handle), (multi, handle))
FORWARD(CURLMcode, curl_multi_perform, (CURLM *multi, int *running), (multi, running))
FORWARD(CURLMcode, curl_multi_poll,
        (CURLM *multi, struct curl_waitfd others[], unsigned count, int milliseconds, int *ready),
        (multi, others, count, milliseconds, ready))
FORWARD(CURLMcode, curl_multi_wakeup, (CURLM *multi), (multi))
FORWARD(CURLMsg *, curl_multi_info_read, (CURLM *multi, int *left), (multi, left))
FORWARD(const char *, curl_multi_strerror, (CURLMcode code), (code))

FORWARD(struct curl_slist *, curl_slist_append, (struct curl_slist *list, const char *text), (list, text))
FORWARD(void, curl_slist_free_all, (struct curl_slist *list), (list))

FORWARD(CURLU *, curl_url, (void), ())
FORWARD(void, curl_url_cleanup, (CURLU *url), (url))
FORWARD(CURLUcode, curl_url_get, (CURLU *url, CURLUPart part, char **text, unsigned flags), (url, part, text, flags))
FORWARD(CURLUcode, curl_url_set, (CURLU *url, CURLUPart part, const char *text, unsigned flags),
        (url, part, text, flags))

// The variadic ones, by the shape of their last argument.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define VARIADIC(result, name, target, handle, option, value)                                                    \
    VELO_FORWARD_TO(target, "libcurl.so.4", "libcurl4", result, name, (handle subject, option what, value last), \
                    (subject, what, last))

typedef size_t (*velo_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);
VARIADIC(CURLcode, velo_curl_set_long, curl_easy_setopt, CURL *, CURLoption, long)
VARIADIC(CURLcode, velo_curl_set_offset, curl_easy_setopt, CURL *, CURLoption, curl_off_t)
VARIADIC(CURLcode, velo_curl_set_string, curl_easy_setopt, CURL *, CURLoption, const char *)
VARIADIC(CURLcode, velo_curl_set_pointer, curl_easy_setopt, CURL *, CURLoption, void *)
VARIADIC(CURLcode, velo_curl_set_list, curl_easy_setopt, CURL *, CURLoption, struct curl_slist *)
static VARIADIC(CURLcode, set_callback, curl_easy_setopt, CURL *, CURLoption, velo_curl_data_callback)
VARIADIC(CURLcode, velo_curl_get_long, curl_easy_getinfo, CURL *, CURLINFO, long *)
VARIADIC(CURLcode, velo_curl_get_offset, curl_easy_getinfo, CURL *, CURLINFO, curl_off_t *)
VARIADIC(CURLcode, velo_curl_get_string, curl_easy_getinfo, CURL *, CURLINFO, const char **)
VARIADIC(CURLMcode, velo_curl_multi_set_long, curl_multi_setopt, CURLM *, CURLMoption, long)

CURLcode velo_curl_set_write(CURL *handle, velo_curl_data_callback callback, void *context) {
    CURLcode code = set_callback(handle, CURLOPT_WRITEFUNCTION, callback);
    return code ? code : velo_curl_set_pointer(handle, CURLOPT_WRITEDATA, context);
}

CURLcode velo_curl_set_header(CURL *handle, velo_curl_data_callback callback, void *context) {
    CURLcode code = set_callback(handle, CURLOPT_HEADERFUNCTION, callback);
    return code ? code : velo_curl_set_pointer(handle, CURLOPT_HEADERDATA, context);
}
