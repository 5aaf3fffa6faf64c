/*
 * matriarch-fence: stops a PostgreSQL server when its lease has run out and nobody renewed it.
 *
 * The agent beside PostgreSQL may be frozen, killed or stuck while it holds the lease; then somebody else becomes
 * primary, and this server must not accept writes any more. So the deadline lives in a process of its own, which does
 * nothing but wait for it. It is told the deadline before each lease ends; if it is not told in time, it stops the
 * postmaster.
 *
 * Usage: matriarch-fence SOCKET
 *
 * Detaches itself and listens on the Unix stream socket; the start has succeeded when the started process exits with 0.
 * A second fence for the same socket exits with 0 at once: there is one already. Requests are lines:
 *
 *   ARM <pid> <start> <deadline>  watch this process (its start time in clock ticks, /proc/<pid>/stat field 22) and stop
 *                                 it at the deadline (CLOCK_BOOTTIME in ns, so that a suspended host does not stop time)
 *   LIMIT <deadline>              not later than this: changes nothing where no deadline is set, or an earlier one
 *   DISARM                        no deadline any more; the process stays watched
 *   STATUS                        only answer
 *
 * Each is answered by one line, in the order in which they were sent: "OK <now> <armed>" (CLOCK_BOOTTIME in ns; 1 or 0),
 * "GONE <now> <why>" when the process cannot be watched (what was armed before stays in force), or "ERROR <what>".
 * "EXITED <pid>" is sent when the watched process has ended, "FIRED <pid>" when it was stopped from here. The last
 * connection counts: a new agent takes over by connecting. Only the same user and root may connect.
 *
 * This program may be stalled too, by whatever stalled the agent. So all that was sent before the deadline is read before
 * it acts, whoever sent it and whether or not the sender still lives; and it never waits for anybody, neither for a reader
 * of its answers nor for a reader of its log. After the start nothing is allocated and all memory is locked, because the
 * moment in which it must act may be the one in which the machine has no memory left.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL
/* An orderly immediate shutdown takes some ten milliseconds; whoever needs longer is killed. */
#define QUIT_GRACE_MS 100
/* Without agent and without a process to watch there is nothing to wait for. */
#define IDLE_EXIT_MS 30000
/* With the size of the input more than a socket holds (some 200 kB): a sender that never ends must not hold the deadline
 * up, but nothing that waited may be left unread. */
#define READS_AT_ONCE 64

static int listener = -1;
static int client = -1;
static int watched = -1; /* pidfd */
static pid_t watched_pid;
static uint64_t watched_start;
static int timer = -1;   /* timerfd, readable from the deadline on, also when the host was suspended meanwhile */
static int64_t deadline; /* CLOCK_BOOTTIME, 0: disarmed */
static char input[4096];
static size_t input_length;
static volatile sig_atomic_t term_requested;
static sigset_t while_waiting; /* signals that are held back while we wait */

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* What the log does not take at once is lost: whoever should read it may be frozen as well. */
static void say(const char *format, ...)
{
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
    char text[192];
    char stamp[32];
    char line[256];
    time_t wall = time(NULL);
    struct tm local;
    va_list arguments;
    int length;

    localtime_r(&wall, &local);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    length = snprintf(line, sizeof line, "%s,000 WARNING: fence: %s\n", stamp, text);
    if (poll(&p, 1, 0) > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
        errno = 0;
}

/* Field 4 (parent) and 22 (start time) of /proc/<pid>/stat; false when there is no such process. */
static int process_stat(pid_t pid, pid_t *parent, uint64_t *start)
{
    char path[64];
    char text[1024];
    char *field;
    ssize_t length;
    int fd, i;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return 0;
    text[length] = 0;
    field = strrchr(text, ')'); /* the name in field 2 may hold anything */
    if (!field)
        return 0;
    field += 2; /* field 3 */
    for (i = 3; i < 22 && field; i++) {
        if (i == 4)
            *parent = (pid_t)atoi(field);
        field = strchr(field, ' ');
        if (field)
            field++;
    }
    if (!field)
        return 0;
    *start = strtoull(field, NULL, 10);
    return 1;
}

static int send_signal(int pidfd, int signal)
{
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

static int has_ended(int pidfd, int wait_ms)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};
    return poll(&p, 1, wait_ms) > 0;
}

/* Kills every child of the watched process. It is stopped meanwhile, so it cannot make new ones. */
static void kill_children(pid_t parent)
{
    static char buffer[32768] __attribute__((aligned(8)));
    struct entry {
        uint64_t inode;
        int64_t offset;
        unsigned short length;
        unsigned char type;
        char name[];
    };
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long bytes;

    if (proc < 0)
        return;
    while ((bytes = syscall(SYS_getdents64, proc, buffer, sizeof buffer)) > 0) {
        long at = 0;
        while (at < bytes) {
            struct entry *e = (struct entry *)(buffer + at);
            pid_t pid = (pid_t)atoi(e->name), ppid = 0;
            uint64_t start;
            if (pid > 0 && process_stat(pid, &ppid, &start) && ppid == parent)
                kill(pid, SIGKILL);
            at += e->length;
        }
    }
    close(proc);
}

static void tell(const char *format, ...)
{
    char line[128];
    va_list arguments;
    int length;

    if (client < 0)
        return;
    va_start(arguments, format);
    length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    /* Whoever does not read is not waited for; whoever is gone may have left lines that count, so only reading them to
     * their end ends the connection. */
    if (send(client, line, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        errno = 0;
}

/* CLOCK_BOOTTIME in ns, 0: none. */
static void set_deadline(int64_t end)
{
    struct itimerspec at = {.it_value = {.tv_sec = (time_t)(end / NS_PER_S), .tv_nsec = (long)(end % NS_PER_S)}};

    deadline = end;
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void fire(void)
{
    int64_t late = (now() - deadline) / NS_PER_MS;
    int obeyed;

    set_deadline(0);
    send_signal(watched, SIGQUIT);
    obeyed = has_ended(watched, QUIT_GRACE_MS);
    if (!obeyed) {
        send_signal(watched, SIGSTOP);
        kill_children(watched_pid);
        kill_children(watched_pid); /* the one that was being made when it stopped */
        send_signal(watched, SIGKILL);
    }
    say("the lease ended %" PRId64 " ms ago and was not renewed: postmaster %d was %s", late, (int)watched_pid,
        obeyed ? "stopped" : "killed with its children");
    tell("FIRED %d\n", (int)watched_pid);
}

static void forget(void)
{
    if (watched >= 0)
        close(watched);
    watched = -1;
    set_deadline(0);
}

/* Starts to watch a process; NULL, or why it cannot be watched. */
static const char *watch(pid_t pid, uint64_t start)
{
    uint64_t actual = 0;
    pid_t parent;
    int fd;

    if (watched >= 0 && watched_pid == pid && watched_start == start && !has_ended(watched, 0))
        return NULL;
    fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0)
        return strerror(errno);
    /* After the handle is open the pid cannot be reused without the handle noticing. */
    if (!process_stat(pid, &parent, &actual) || actual != start) {
        close(fd);
        return actual ? "the pid belongs to another process" : "its start time cannot be read";
    }
    forget();
    watched = fd;
    watched_pid = pid;
    watched_start = start;
    return NULL;
}

static void obey(const char *line)
{
    int pid, used = 0;
    uint64_t start;
    int64_t end;

    if (sscanf(line, "ARM %d %" SCNu64 " %" SCNd64 "%n", &pid, &start, &end, &used) == 3 && !line[used] && pid > 0
        && end > 0) {
        const char *why_not = watch(pid, start);
        if (why_not) {
            tell("GONE %" PRId64 " %s\n", now(), why_not);
            return;
        }
        set_deadline(end);
    } else if (sscanf(line, "LIMIT %" SCNd64 "%n", &end, &used) == 1 && !line[used] && end > 0) {
        if (deadline > end)
            set_deadline(end);
    } else if (strcmp(line, "DISARM") == 0) {
        set_deadline(0);
    } else if (strcmp(line, "STATUS") != 0) {
        tell("ERROR unknown request\n");
        return;
    }
    tell("OK %" PRId64 " %d\n", now(), deadline != 0);
}

static void hang_up(void)
{
    close(client);
    client = -1;
    input_length = 0;
}

static void read_client(void)
{
    ssize_t n = recv(client, input + input_length, sizeof input - input_length, MSG_DONTWAIT);
    char *line = input, *end;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        hang_up();
        return;
    }
    input_length += (size_t)n;
    while ((end = memchr(line, '\n', (size_t)(input + input_length - line))) != NULL) {
        *end = 0;
        obey(line);
        line = end + 1;
    }
    input_length -= (size_t)(line - input);
    memmove(input, line, input_length);
    if (input_length == sizeof input)
        hang_up(); /* no request is that long, and what ends it is none either */
}

static void accept_client(void)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || (peer.uid != getuid() && peer.uid != 0)) {
        close(fd);
        return;
    }
    if (client >= 0)
        hang_up();
    client = fd;
}

/* Reads what waits. The client comes before a new connection, which takes its place. */
static void hear(void)
{
    int i;

    for (i = 0; i < READS_AT_ONCE; i++) {
        struct pollfd p[2] = {{.fd = client, .events = POLLIN}, {.fd = listener, .events = POLLIN}};

        if (poll(p, 2, 0) <= 0)
            return;
        if (p[0].revents)
            read_client();
        else
            accept_client();
    }
}

static void on_term(int signal)
{
    (void)signal;
    term_requested = 1;
}

static int try_connect(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int ok = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

static void listen_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char lock_path[sizeof address.sun_path + 8];
    int lock;

    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "matriarch-fence: the socket path is longer than %zu bytes: %s\n", sizeof address.sun_path - 1,
                path);
        exit(1);
    }
    strcpy(address.sun_path, path);
    /* Held for the life of the process: whoever gets it is the only fence of this socket. */
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    lock = open(lock_path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) {
        fprintf(stderr, "matriarch-fence: %s: %s\n", lock_path, strerror(errno));
        exit(1);
    }
    if (flock(lock, LOCK_EX | LOCK_NB) < 0)
        exit(try_connect(&address) ? 0 : 1);
    unlink(path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    umask(0077);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4) < 0) {
        fprintf(stderr, "matriarch-fence: %s: %s\n", path, strerror(errno));
        exit(1);
    }
}

static void protect(void)
{
    struct sigaction term = {.sa_handler = on_term};
    sigset_t all;
    int fd;

    /* Nothing interrupts it at work; only while it waits is there a signal that it listens to. */
    sigaction(SIGTERM, &term, NULL);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    while_waiting = all;
    sigdelset(&while_waiting, SIGTERM);
    tzset(); /* reads a file, and allocates */
    /* Both are refused to ordinary users on most systems; the fence works without. */
    if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
        errno = 0;
    fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "-1000", 5) < 0)
            errno = 0;
        close(fd);
    }
}

static void detach(void)
{
    pid_t pid;
    int null;

    fflush(NULL);
    pid = fork();
    if (pid < 0)
        exit(1);
    if (pid > 0)
        _exit(0);
    setsid();
    pid = fork();
    if (pid != 0)
        _exit(pid < 0);
    null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (chdir("/") < 0)
        errno = 0;
}

int main(int argc, char **argv)
{
    int64_t idle_since;

    if (argc != 2) {
        fprintf(stderr, "usage: matriarch-fence SOCKET\n");
        return 2;
    }
    timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer < 0) {
        fprintf(stderr, "matriarch-fence: no timer: %s\n", strerror(errno));
        return 1;
    }
    listen_on(argv[1]);
    detach();
    protect();
    idle_since = now();
    for (;;) {
        struct pollfd p[4] = {
            {.fd = listener, .events = POLLIN},
            {.fd = client, .events = POLLIN},
            {.fd = watched, .events = POLLIN},
            {.fd = timer, .events = POLLIN},
        };
        struct timespec until_idle = {.tv_sec = IDLE_EXIT_MS / 1000};
        int64_t moment;

        ppoll(p, 4, client < 0 && watched < 0 ? &until_idle : NULL, &while_waiting);
        /* The clock first, then what was sent: so a renewal that came before the deadline is never read after it. */
        moment = now();
        hear();
        if (watched >= 0 && has_ended(watched, 0)) {
            tell("EXITED %d\n", (int)watched_pid);
            forget();
        }
        if (deadline && moment >= deadline)
            fire();
        if (client >= 0 || watched >= 0)
            idle_since = now();
        if ((term_requested && !deadline)
            || (client < 0 && watched < 0 && now() - idle_since >= IDLE_EXIT_MS * NS_PER_MS)) {
            unlink(argv[1]);
            return 0;
        }
    }
}
