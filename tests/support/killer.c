/* Preloaded into a Python (tests/support/killing.py): ends the process, or fails, at the n-th call that changes what
 * is on a disk under which name: open for creation, mkdir, link, symlink, rename, unlink, rmdir; and at write and sync. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;
static long fatal;   /* the call at which it happens; 0: never */
static int failure;  /* the errno of that call; 0: SIGKILL */
static int lasting;  /* whether all calls after it fail too */

void killer_arm(long at, int error, int stays) {
    atomic_store(&calls, 0);
    fatal = at;
    failure = error;
    lasting = stays;
}

long killer_calls(void) { return atomic_load(&calls); }

/* A full disk takes no more names and bytes, but it gives up those it has. */
static int refused(int frees) {
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (!fatal || number < fatal || (number > fatal && !lasting)) return 0;
    if (!failure) kill(getpid(), SIGKILL);
    if (frees && (failure == ENOSPC || failure == EDQUOT)) return 0;
    errno = failure;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRAP(type, name, frees, parameters, arguments) \
    type name parameters { return refused(frees) ? (type)-1 : REAL(name) arguments; }

WRAP(int, mkdir, 0, (const char *p, mode_t m), (p, m))
WRAP(int, mkdirat, 0, (int d, const char *p, mode_t m), (d, p, m))
WRAP(int, link, 0, (const char *a, const char *b), (a, b))
WRAP(int, linkat, 0, (int d, const char *a, int e, const char *b, int f), (d, a, e, b, f))
WRAP(int, symlink, 0, (const char *a, const char *b), (a, b))
WRAP(int, symlinkat, 0, (const char *a, int d, const char *b), (a, d, b))
WRAP(int, rename, 0, (const char *a, const char *b), (a, b))
WRAP(int, renameat, 0, (int d, const char *a, int e, const char *b), (d, a, e, b))
WRAP(int, renameat2, 0, (int d, const char *a, int e, const char *b, unsigned f), (d, a, e, b, f))
WRAP(int, unlink, 1, (const char *p), (p))
WRAP(int, unlinkat, 1, (int d, const char *p, int f), (d, p, f))
WRAP(int, rmdir, 1, (const char *p), (p))
WRAP(int, fsync, 0, (int d), (d))
WRAP(int, syncfs, 0, (int d), (d))

ssize_t write(int d, const void *data, size_t size) {
    struct stat status;
    int on_disk = fstat(d, &status) == 0 && S_ISREG(status.st_mode);
    if (on_disk && refused(0)) return -1;
    return REAL(write)(d, data, size);
}

#define OPENING(name, first, before)                       \
    int name first {                                       \
        mode_t mode = 0;                                   \
        if (flags & (O_CREAT | O_TMPFILE)) {               \
            va_list rest;                                  \
            va_start(rest, flags);                         \
            mode = va_arg(rest, mode_t);                   \
            va_end(rest);                                  \
        }                                                  \
        if ((flags & O_CREAT) && refused(0)) return -1;    \
        return REAL(name) before;                          \
    }

OPENING(open, (const char *p, int flags, ...), (p, flags, mode))
OPENING(open64, (const char *p, int flags, ...), (p, flags, mode))
OPENING(openat, (int d, const char *p, int flags, ...), (d, p, flags, mode))
OPENING(openat64, (int d, const char *p, int flags, ...), (d, p, flags, mode))
