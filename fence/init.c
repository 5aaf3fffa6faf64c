/*
 * matriarch-init: process 1 of a container whose program is the agent.
 *
 * The kernel hands every process whose parent has ended to process 1, which must bury it. The JVM buries only processes that it
 * started itself, and a postmaster outlives the pg_ctl that started it: its backends and itself would stay as zombies, and
 * PostgreSQL does not start again while the pid in its postmaster.pid is taken.
 *
 * Usage: matriarch-init PROGRAM ARGUMENT...
 *
 * Runs the program as a child, passes signals on to it, buries whoever ends, and ends when the child does: with its exit status,
 * or 128 + the number of the signal that ended it. (Patroni ends with 0 in any case; a container engine that starts again
 * what failed would not see that it did.)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CANNOT_START = 127, KILLED = 128 };

static const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGTERM};

static int exit_status(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED + WTERMSIG(status);
}

/* In the format of the agent's log, which is on the same standard error. */
static void log_buried(pid_t pid, int status) {
    struct timespec now;
    struct tm local;
    char time[32] = "";

    clock_gettime(CLOCK_REALTIME, &now);
    if (localtime_r(&now.tv_sec, &local) != NULL) {
        strftime(time, sizeof time, "%Y-%m-%d %H:%M:%S", &local);
    }
    dprintf(STDERR_FILENO, "%s,%03ld INFO: Reaped pid=%ld, exit status=%d\n", time, now.tv_nsec / 1000000, (long)pid,
            exit_status(status));
}

/* Buries everybody who has ended. Returns whether the child was among them. */
static int bury(pid_t child, int *child_status) {
    int ended = 0;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == child) {
            *child_status = status;
            ended = 1;
        } else {
            log_buried(pid, status);
        }
    }
    return ended;
}

int main(int argc, char **argv) {
    sigset_t awaited;
    sigset_t before;
    int status = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: matriarch-init PROGRAM ARGUMENT...\n");
        return 2;
    }
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
        sigaddset(&awaited, passed_on[i]);
    }
    /* Before the fork: what comes early waits, nothing is lost. */
    sigprocmask(SIG_BLOCK, &awaited, &before);

    pid_t child = fork();
    if (child == -1) {
        fprintf(stderr, "matriarch-init: fork: %s\n", strerror(errno));
        return CANNOT_START;
    }
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        execvp(argv[1], argv + 1);
        fprintf(stderr, "matriarch-init: %s: %s\n", argv[1], strerror(errno));
        _exit(CANNOT_START);
    }
    for (;;) {
        int signal = sigwaitinfo(&awaited, NULL);
        if (signal == SIGCHLD) {
            if (bury(child, &status)) {
                return exit_status(status);
            }
        } else if (signal > 0) {
            kill(child, signal);
        }
    }
}
