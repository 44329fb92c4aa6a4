#define _GNU_SOURCE
#include "shims.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int velo_open_beneath(int directory, const char *path, int flags, unsigned mode) {
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC),
        .mode = (flags & (O_CREAT | __O_TMPFILE)) ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    };
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int velo_spawn(int *pid, const char *program, char *const *argv, char *const *envp, const char *directory,
               const int *descriptors, int pairs) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code) return code;
    code = posix_spawnattr_init(&attributes);
    if (code) {
        posix_spawn_file_actions_destroy(&actions);
        return code;
    }
    int highest = 2;
    for (int i = 0; i < pairs && !code; i++) {
        code = posix_spawn_file_actions_adddup2(&actions, descriptors[2 * i], descriptors[2 * i + 1]);
        if (descriptors[2 * i + 1] > highest) highest = descriptors[2 * i + 1];
    }
    if (!code) code = posix_spawn_file_actions_addclosefrom_np(&actions, highest + 1);
    if (!code && directory) code = posix_spawn_file_actions_addchdir_np(&actions, directory);
    sigset_t none, ordinary;
    sigemptyset(&none);
    sigfillset(&ordinary);
    if (!code) code = posix_spawnattr_setsigmask(&attributes, &none);
    if (!code) code = posix_spawnattr_setsigdefault(&attributes, &ordinary);
    if (!code) code = posix_spawnattr_setpgroup(&attributes, 0);
    if (!code)
        code = posix_spawnattr_setflags(&attributes,
                                        POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    if (!code) code = posix_spawnp(pid, program, &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

int velo_copy_contents(int source, int target) {
    if (ioctl(target, FICLONE, source) == 0) return 0;
    for (;;) {
        ssize_t count = copy_file_range(source, NULL, target, NULL, 1 << 30, 0);
        if (count == 0) return 0;
        if (count < 0 && errno != EINTR) return -1;
    }
}

int velo_exit_code(int status) {
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : -1;
}

int velo_exit_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
