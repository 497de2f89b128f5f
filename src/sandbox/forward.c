/* Granted hosts. The sandbox has a network of its own with nothing but loopback; for each granted
 * host and port a socket listens there, and a process outside, which accepts on that very socket,
 * relays to the real host. So the program reaches exactly what was granted. */
#include "sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS_MAX = 2 * LIST_MAX, RELAYS_MAX = 64, PIECE = 16384 };

void forward_address(int i, char out[16])
{
    snprintf(out, 16, "127.8.0.%u", (unsigned)i % 250 + 1); /* LIST_MAX is far below 250 */
}

/* ---- inside ---- */

static void loopback_up(void)
{
    struct ifreq r = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strcpy(r.ifr_name, "lo");
    r.ifr_flags = IFF_UP | IFF_RUNNING;
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r))
        fail("loopback");
    close(fd);
}

static int listen_on(int i, const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    char text[16];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    forward_address(i, text);
    inet_pton(AF_INET, text, &a.sin_addr);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 16))
        fail("a granted port");
    return fd;
}

static void send_fd(int channel, int fd)
{
    char byte = 'x', room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec iov = {&byte, 1};
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    if (sendmsg(channel, &m, 0) != 1)
        fail("a granted port");
}

void forward_listen(const struct spec *s, int channel)
{
    loopback_up();
    for (int i = 0; i < s->net_count; i++)
        for (int k = 0; k < 2 && s->net[i].ports[k][0]; k++) {
            int fd = listen_on(i, s->net[i].ports[k]);
            send_fd(channel, fd);
            close(fd);
        }
}

/* ---- outside ---- */

struct relay {
    int fd[2]; /* -1: free */
    char data[2][PIECE];
    size_t from[2], to[2]; /* what fd[i] gave and the other has not taken */
    bool ended[2];
};

struct port {
    int fd;
    const struct grant *grant;
    const char *number;
};

static int receive_fd(int channel)
{
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec iov = {&byte, 1};
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *c;
    int fd = -1;
    if (recvmsg(channel, &m, MSG_CMSG_CLOEXEC) != 1 || !(c = CMSG_FIRSTHDR(&m)))
        _exit(0);
    memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

/* Tries each address of the host in turn. */
static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &list))
        return -1;
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen)) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

static void relay_close(struct relay *r)
{
    close(r->fd[0]);
    close(r->fd[1]);
    r->fd[0] = r->fd[1] = -1;
}

static void accept_one(const struct port *p, struct relay *relays)
{
    int fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC);
    struct relay *free_one = NULL;
    int other;
    for (int i = 0; i < RELAYS_MAX && !free_one; i++)
        if (relays[i].fd[0] < 0)
            free_one = &relays[i];
    if (fd < 0)
        return;
    other = free_one ? connect_to(p->grant->host, p->number) : -1;
    if (other < 0) {
        close(fd);
        return;
    }
    memset(free_one, 0, sizeof *free_one);
    free_one->fd[0] = fd;
    free_one->fd[1] = other;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    fcntl(other, F_SETFL, O_NONBLOCK);
}

/* Moves what side `i` sent to the other side. */
static void move(struct relay *r, int i)
{
    ssize_t n;
    if (r->from[i] == r->to[i] && !r->ended[i]) {
        n = read(r->fd[i], r->data[i], PIECE);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            r->ended[i] = true;
        r->from[i] = 0;
        r->to[i] = n > 0 ? (size_t)n : 0;
    }
    if (r->to[i] > r->from[i]) {
        n = write(r->fd[!i], r->data[i] + r->from[i], r->to[i] - r->from[i]);
        if (n > 0)
            r->from[i] += (size_t)n;
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            r->ended[0] = r->ended[1] = true, r->from[i] = r->to[i] = 0;
    }
    if (r->ended[i] && r->from[i] == r->to[i])
        shutdown(r->fd[!i], SHUT_WR);
}

static short wanted(const struct relay *r, int i)
{
    short events = 0;
    if (r->from[i] == r->to[i] && !r->ended[i])
        events |= POLLIN;
    if (r->to[!i] > r->from[!i])
        events |= POLLOUT;
    return events;
}

void forward_run(const struct spec *s, int channel)
{
    static struct relay relays[RELAYS_MAX];
    static struct pollfd polls[SOCKETS_MAX + 2 * RELAYS_MAX];
    struct port ports[SOCKETS_MAX];
    int n = 0;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < RELAYS_MAX; i++)
        relays[i].fd[0] = relays[i].fd[1] = -1;
    for (int i = 0; i < s->net_count; i++)
        for (int k = 0; k < 2 && s->net[i].ports[k][0]; k++)
            ports[n++] = (struct port){receive_fd(channel), &s->net[i], s->net[i].ports[k]};
    close(channel);
    for (;;) {
        for (int i = 0; i < n; i++)
            polls[i] = (struct pollfd){ports[i].fd, POLLIN, 0};
        for (int i = 0; i < 2 * RELAYS_MAX; i++) {
            const struct relay *r = &relays[i / 2];
            polls[n + i] = (struct pollfd){r->fd[i % 2], r->fd[0] < 0 ? 0 : wanted(r, i % 2), 0};
        }
        if (poll(polls, (nfds_t)(n + 2 * RELAYS_MAX), -1) < 0 && errno != EINTR)
            _exit(1);
        for (int i = 0; i < RELAYS_MAX; i++) {
            struct relay *r = &relays[i];
            if (r->fd[0] < 0 || !(polls[n + 2 * i].revents | polls[n + 2 * i + 1].revents))
                continue;
            move(r, 0);
            move(r, 1);
            if (r->ended[0] && r->ended[1] && r->from[0] == r->to[0] && r->from[1] == r->to[1])
                relay_close(r);
        }
        for (int i = 0; i < n; i++)
            if (polls[i].revents & POLLIN)
                accept_one(&ports[i], relays);
    }
}
