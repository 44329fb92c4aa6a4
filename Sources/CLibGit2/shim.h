// libgit2's options are set by a variadic function, which Swift cannot call, and its option structures are filled by
// macros: one function for each that is needed.
#pragma once
#include <git2.h>

// Whose repository it is matters for what its configuration may start. We read objects and start nothing.
static inline int velo_git_accept_any_owner(void) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}

static inline int velo_git_fetch_options(git_fetch_options *options) {
    return git_fetch_options_init(options, GIT_FETCH_OPTIONS_VERSION);
}

// Files as they are in a work tree, by what the commit says of their attributes and nothing that the machine says.
static inline int velo_git_filter_options(git_blob_filter_options *options, const git_oid *commit) {
    int code = git_blob_filter_options_init(options, GIT_BLOB_FILTER_OPTIONS_VERSION);
    options->flags |= GIT_BLOB_FILTER_NO_SYSTEM_ATTRIBUTES | GIT_BLOB_FILTER_ATTRIBUTES_FROM_COMMIT;
    options->attr_commit_id = *commit;
    return code;
}
