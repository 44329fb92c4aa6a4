#define _GNU_SOURCE
#include "shims.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
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

// The child of vfork(2): shares our memory until it becomes the program, so it calls nothing but the kernel.
// Returns only if it does not become it.
static int become(const char *program, char *const *argv, char *const *envp, const char *directory,
                  const int *descriptors, int pairs, const long *limits, int count, int group) {
    sigset_t none;
    struct sigaction ordinary = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &ordinary, NULL);
    if (setpgid(0, 0)) return errno;
    // "0" is whoever writes it.
    if (group >= 0 && write(group, "0", 1) != 1) return errno;
    int highest = 2;
    for (int i = 0; i < pairs; i++) {
        int from = descriptors[2 * i], to = descriptors[2 * i + 1];
        if (from == to ? fcntl(to, F_SETFD, 0) < 0 : dup2(from, to) < 0) return errno;
        if (to > highest) highest = to;
    }
    if (syscall(SYS_close_range, highest + 1, ~0U, 0)) return errno;
    if (directory && chdir(directory)) return errno;
    for (int i = 0; i < count; i++) {
        struct rlimit limit = {.rlim_cur = (rlim_t)limits[2 * i + 1], .rlim_max = (rlim_t)limits[2 * i + 1]};
        // One that is lower already stays so, where it cannot be raised.
        struct rlimit now;
        if (getrlimit((int)limits[2 * i], &now) == 0 && now.rlim_max < limit.rlim_max) limit.rlim_max = now.rlim_max;
        if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
        if (setrlimit((int)limits[2 * i], &limit)) return errno;
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvpe(program, argv, envp);
    return errno;
}

int velo_spawn_limited(int *pid, const char *program, char *const *argv, char *const *envp, const char *directory,
                       const int *descriptors, int pairs, const long *limits, int count, int group) {
    sigset_t all, before;
    volatile int code = 0;
    sigfillset(&all);
    // No handler of ours may run in the child.
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pid_t child = vfork();
    if (child == 0) {
        code = become(program, argv, envp, directory, descriptors, pairs, limits, count, group);
        _exit(127);
    }
    if (child < 0) code = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (child > 0 && code)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
    *pid = child;
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

void velo_start_writing(int descriptor) { sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE); }

int velo_flush_file_system(int descriptor) { return syncfs(descriptor); }

int velo_reserve(int descriptor, long size) {
    for (;;) {
        if (fallocate(descriptor, 0, 0, size) == 0) return 0;
        if (errno != EINTR) return errno;
    }
}

int velo_exit_code(int status) {
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : -1;
}

int velo_exit_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

int velo_process_descriptor(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int velo_make_signal(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void velo_raise(int descriptor) { eventfd_write(descriptor, 1); }

int velo_make_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

long velo_write_quietly(int descriptor, const void *bytes, long count) {
    sigset_t pipe_signal, before;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    ssize_t written = write(descriptor, bytes, (size_t)count);
    int error = errno;
    if (written < 0 && error == EPIPE) {
        struct timespec none = {0, 0};
        sigtimedwait(&pipe_signal, NULL, &none);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return (long)written;
}

int velo_start_thread(void *(*body)(void *), void *context, unsigned long stack) {
    pthread_attr_t attributes;
    int code = pthread_attr_init(&attributes);
    if (code) return code;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, stack);
    pthread_t thread;
    code = pthread_create(&thread, &attributes, body, context);
    pthread_attr_destroy(&attributes);
    return code;
}

void *velo_make_semaphore(void) {
    sem_t *semaphore = malloc(sizeof *semaphore);
    if (semaphore) sem_init(semaphore, 0, 0);
    return semaphore;
}

void velo_free_semaphore(void *semaphore) {
    sem_destroy(semaphore);
    free(semaphore);
}

void velo_post_semaphore(void *semaphore) { sem_post(semaphore); }

void velo_wait_semaphore(void *semaphore) {
    while (sem_wait(semaphore) != 0 && errno == EINTR) {}
}

static int argument_count;
static char **arguments;

__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

int velo_argument_count(void) { return argument_count; }
const char *velo_argument(int index) { return arguments[index]; }
