// Libraries that are loaded when something first calls them. libcurl and libarchive bring some forty others with them:
// loading those took more than half of the time of every start that downloads nothing and unpacks nothing.
#pragma once

/// The place of a function in a library, which is loaded for it if need be. Where it cannot be loaded, says why and what
/// to install, and ends the process, as the loader does with the libraries that a program names itself.
///
/// - file: the library by its soname: `libcurl.so.4`.
/// - package: what Debian calls the package that has it.
void *velo_find_function(const char *file, const char *package, const char *name);

/// Defines a function that looks for one of a library at its first call, and calls that from then on. Threads that call
/// it first together find the same.
#define VELO_FORWARD_TO(target, file, package, result, name, parameters, arguments)             \
    result name parameters {                                                                    \
        static __typeof__(target) *found;                                                       \
        __typeof__(target) *known = __atomic_load_n(&found, __ATOMIC_RELAXED);                  \
        if (!known) {                                                                           \
            known = (__typeof__(target) *)velo_find_function(file, package, #target);           \
            __atomic_store_n(&found, known, __ATOMIC_RELAXED);                                  \
        }                                                                                       \
        return known arguments;                                                                 \
    }

/// The same, under the name that it has in the library.
#define VELO_FORWARD(file, package, result, name, parameters, arguments) \
    VELO_FORWARD_TO(name, file, package, result, name, parameters, arguments)
