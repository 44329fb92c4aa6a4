// What the Glibc module does not show, because it needs _GNU_SOURCE or is a macro.
#pragma once
/// openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS: opens `path` below `directory`, never outside it and never
/// through a symbolic link. Returns a descriptor, or -1 with errno set.
int velo_open_beneath(int directory, const char *path, int flags, unsigned mode);

/// posix_spawn(3) with a working directory and a process group of its own. Returns 0 or an errno.
/// `descriptors` lists pairs (source, target) to be duplicated in the child; everything else is closed.
int velo_spawn(int *pid, const char *program, char *const *argv, char *const *envp, const char *directory,
               const int *descriptors, int pairs);

/// The same, and before the program begins the child is put into a control group, whose `cgroup.procs` is open as
/// `group` (-1 for none), and held to limits: pairs of a resource and a value, soft and hard. posix_spawn(3) cannot do
/// either, and a program that can would be one more start.
int velo_spawn_limited(int *pid, const char *program, char *const *argv, char *const *envp, const char *directory,
                       const int *descriptors, int pairs, const long *limits, int count, int group);

/// Copies all bytes from one descriptor to another, by cloning where the file system can. Returns 0, or -1 with errno.
int velo_copy_contents(int source, int target);

/// sync_file_range(2): starts writing a file's bytes to the disk, without waiting for it.
void velo_start_writing(int descriptor);

/// syncfs(2): waits until a whole file system is on the disk. Returns 0, or -1 with errno set.
int velo_flush_file_system(int descriptor);

/// fallocate(2): reserves `size` bytes on disk and makes the file that long. Returns 0, or an errno.
int velo_reserve(int descriptor, long size);

/// Exit code of a wait status, or 128 + signal.
int velo_exit_code(int status);
/// The signal that ended a process, or 0.
int velo_exit_signal(int status);

/// pidfd_open(2): a descriptor that becomes readable when the process ends. Returns -1 with errno set.
int velo_process_descriptor(int pid);
/// A descriptor that becomes readable once velo_raise has been called on it.
int velo_make_signal(void);
void velo_raise(int descriptor);

/// pipe2(2) with close-on-exec.
int velo_make_pipe(int *ends);
/// write(2) that reports a closed pipe as an error, never as a signal.
long velo_write_quietly(int descriptor, const void *bytes, long count);

/// Starts a detached thread with a stack of `stack` bytes. Returns 0 or an errno.
int velo_start_thread(void *(*body)(void *), void *context, unsigned long stack);

/// A counting semaphore for one waiting thread, and its end.
void *velo_make_semaphore(void);
void velo_free_semaphore(void *semaphore);
void velo_post_semaphore(void *semaphore);
void velo_wait_semaphore(void *semaphore);

/// What the process was started with, program first; kept by a constructor, to which glibc gives it. Swift's own way to it
/// reads `/proc`, and finds nothing where that is not mounted.
int velo_argument_count(void);
const char *velo_argument(int index);
