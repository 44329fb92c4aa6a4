#pragma once
// The types of libc come from the module that Swift has them from: included here, they would become this one's.
#pragma clang module import SwiftGlibc
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

/// libarchive converts names to the locale's character set and garbles what does not fit: names are UTF-8 whatever the
/// user's locale is. Returns 0 where the system has no such locale.
static inline locale_t velo_utf8_locale(void) { return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }
