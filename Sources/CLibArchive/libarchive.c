// libarchive, loaded when something first calls it: its functions as velo calls them, by their own names.
#include "library.h"
#include <archive.h>
#include <archive_entry.h>

#define FORWARD(result, name, parameters, arguments) \
    VELO_FORWARD("libarchive.so.13", "libarchive13", result, name, parameters, arguments)
// The many that take an archive or an entry, and nothing else.
#define OF_ARCHIVE(result, name) FORWARD(result, name, (struct archive *archive), (archive))
#define OF_ENTRY(result, name) FORWARD(result, name, (struct archive_entry *entry), (entry))

OF_ARCHIVE(int, archive_errno)
OF_ARCHIVE(const char *, archive_error_string)
OF_ARCHIVE(int, archive_file_count)
FORWARD(la_int64_t, archive_filter_bytes, (struct archive *a, int b), (a, b))
OF_ARCHIVE(int, archive_filter_count)
OF_ARCHIVE(int, archive_format)

FORWARD(int, archive_read_data_block, (struct archive *a, const void **b, size_t *c, la_int64_t *d), (a, b, c, d))
OF_ARCHIVE(int, archive_read_free)
OF_ARCHIVE(la_int64_t, archive_read_header_position)
FORWARD(struct archive *, archive_read_new, (void), ())
FORWARD(int, archive_read_next_header, (struct archive *a, struct archive_entry **b), (a, b))
FORWARD(int, archive_read_open_filename, (struct archive *a, const char *b, size_t c), (a, b, c))
OF_ARCHIVE(int, archive_read_support_filter_bzip2)
OF_ARCHIVE(int, archive_read_support_filter_compress)
OF_ARCHIVE(int, archive_read_support_filter_gzip)
OF_ARCHIVE(int, archive_read_support_filter_lzip)
OF_ARCHIVE(int, archive_read_support_filter_lzma)
OF_ARCHIVE(int, archive_read_support_filter_xz)
OF_ARCHIVE(int, archive_read_support_filter_zstd)
OF_ARCHIVE(int, archive_read_support_format_7zip)
OF_ARCHIVE(int, archive_read_support_format_cab)
OF_ARCHIVE(int, archive_read_support_format_cpio)
OF_ARCHIVE(int, archive_read_support_format_empty)
OF_ARCHIVE(int, archive_read_support_format_lha)
OF_ARCHIVE(int, archive_read_support_format_rar)
OF_ARCHIVE(int, archive_read_support_format_rar5)
OF_ARCHIVE(int, archive_read_support_format_raw)
OF_ARCHIVE(int, archive_read_support_format_tar)
OF_ARCHIVE(int, archive_read_support_format_zip)

OF_ARCHIVE(int, archive_write_add_filter_gzip)
OF_ARCHIVE(int, archive_write_close)
FORWARD(la_ssize_t, archive_write_data, (struct archive *a, const void *b, size_t c), (a, b, c))
OF_ARCHIVE(int, archive_write_free)
FORWARD(int, archive_write_header, (struct archive *a, struct archive_entry *b), (a, b))
FORWARD(struct archive *, archive_write_new, (void), ())
FORWARD(int, archive_write_open,
        (struct archive *a, void *b, archive_open_callback *c, archive_write_callback *d, archive_close_callback *e),
        (a, b, c, d, e))
FORWARD(int, archive_write_set_filter_option,
        (struct archive *a, const char *b, const char *c, const char *d), (a, b, c, d))
OF_ARCHIVE(int, archive_write_set_format_pax_restricted)

OF_ENTRY(mode_t, archive_entry_filetype)
OF_ENTRY(void, archive_entry_free)
OF_ENTRY(const char *, archive_entry_hardlink)
OF_ENTRY(time_t, archive_entry_mtime)
FORWARD(struct archive_entry *, archive_entry_new, (void), ())
OF_ENTRY(const char *, archive_entry_pathname)
OF_ENTRY(mode_t, archive_entry_perm)
FORWARD(void, archive_entry_set_filetype, (struct archive_entry *a, unsigned int b), (a, b))
FORWARD(void, archive_entry_set_gid, (struct archive_entry *a, la_int64_t b), (a, b))
FORWARD(void, archive_entry_set_hardlink, (struct archive_entry *a, const char *b), (a, b))
FORWARD(void, archive_entry_set_mtime, (struct archive_entry *a, time_t b, long c), (a, b, c))
FORWARD(void, archive_entry_set_pathname, (struct archive_entry *a, const char *b), (a, b))
FORWARD(void, archive_entry_set_perm, (struct archive_entry *a, mode_t b), (a, b))
FORWARD(void, archive_entry_set_size, (struct archive_entry *a, la_int64_t b), (a, b))
FORWARD(void, archive_entry_set_symlink, (struct archive_entry *a, const char *b), (a, b))
FORWARD(void, archive_entry_set_uid, (struct archive_entry *a, la_int64_t b), (a, b))
OF_ENTRY(la_int64_t, archive_entry_size)
OF_ENTRY(int, archive_entry_size_is_set)
OF_ENTRY(const char *, archive_entry_symlink)
