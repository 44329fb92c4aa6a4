// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: one function for each shape of argument.
#pragma once
// The types of libc come from the module that Swift has them from: included here, they would become this one's.
#pragma clang module import SwiftGlibc
#include <curl/curl.h>
#include <sys/prctl.h>

CURLcode velo_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode velo_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
CURLcode velo_curl_set_string(CURL *handle, CURLoption option, const char *value);
CURLcode velo_curl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode velo_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);

typedef size_t (*velo_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);
CURLcode velo_curl_set_write(CURL *handle, velo_curl_data_callback callback, void *context);
CURLcode velo_curl_set_header(CURL *handle, velo_curl_data_callback callback, void *context);

CURLcode velo_curl_get_long(CURL *handle, CURLINFO what, long *value);
CURLcode velo_curl_get_offset(CURL *handle, CURLINFO what, curl_off_t *value);
CURLcode velo_curl_get_string(CURL *handle, CURLINFO what, const char **value);
CURLMcode velo_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);

// CURLMsg carries its result in a union, which Swift imports without names.
static inline CURLcode velo_curl_message_result(const CURLMsg *message) { return message->data.result; }

// prctl is variadic too; the name shows in `ps -L` and debuggers, 15 bytes at most.
static inline void velo_curl_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
