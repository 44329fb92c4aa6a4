#include "library.h"
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

/// EX_UNAVAILABLE of sysexits.h.
static const int unavailable = 69;

void *velo_find_function(const char *file, const char *package, const char *name) {
    // Loading what is loaded already only counts it once more; it stays until the process ends.
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    void *function = library ? dlsym(library, name) : NULL;
    if (!function) {
        char text[1024];
        int length = snprintf(text, sizeof text, "error: the library %s cannot be used: %s\n  install the package %s\n",
                              file, dlerror(), package);
        if (length >= (int)sizeof text) length = sizeof text - 1;
        if (write(STDERR_FILENO, text, (size_t)length) < 0) _exit(unavailable);
        _exit(unavailable);
    }
    return function;
}
