/*
 * An NBD server that does no work: the limit of protocol, sockets and client in a comparison.
 *
 *   limit BYTES SOCKET|PORT      a path, or a port of 127.0.0.1
 *
 * It negotiates as the others do (fixed newstyle, NBD_OPT_GO, structured replies), answers each READ with bytes that
 * lie ready and forgets each WRITE. It holds replies back while the client has clearly more to read than is held,
 * because each request that is taken alone costs both sides system calls and lets two processors fight for the socket.
 *
 * A thread for each client, for trusted clients only. Wire format: NBD protocol, doc/proto.md.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_COUNT 16
#define MAX_HELD (64 * 1024)
#define MARGIN (48 * 1024)
#define PAUSE_NS 20000
#define SPIN_NS 50000
#define IN_LENGTH (256 * 1024)
#define OUT_LENGTH (512 * 1024)
#define SEND_BUFFER (1024 * 1024)
#define MAX_PAYLOAD (128 * 1024)

#define OPTION_MAGIC 0x49484156454f5054ULL
#define REPLY_MAGIC 0x3e889045565a9ULL
#define REQUEST_MAGIC 0x25609513u
#define CHUNK_MAGIC 0x668e33efu
enum { OPT_ABORT = 2, OPT_GO = 7, OPT_STRUCTURED = 8 };
enum { REP_ACK = 1, REP_INFO = 3 };
#define REP_ERR_UNSUP 0x80000001u
enum { READ = 0, WRITE = 1, DISC = 2 };

struct request {
    uint32_t magic;
    uint16_t flags, type;
    uint64_t cookie, offset;
    uint32_t length;
} __attribute__((packed));

struct chunk {
    uint32_t magic;
    uint16_t flags, type;
    uint64_t cookie;
    uint32_t length;
    uint64_t offset;
} __attribute__((packed));
#define CHUNK_WITHOUT_OFFSET 20

static uint64_t disk_length;

/* Of the thread's client. */
static __thread int client;
static __thread unsigned char in[IN_LENGTH], out[OUT_LENGTH];
static __thread size_t filled, held;

static _Noreturn void leave(void)
{
    close(client);
    pthread_exit(NULL);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void receive_all(void *to, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = recv(client, (char *)to + done, length - done, 0);
        if (n <= 0)
            leave();
        done += n;
    }
}

static void send_all(const void *from, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = send(client, (const char *)from + done, length - done, MSG_NOSIGNAL);
        if (n <= 0)
            leave();
        done += n;
    }
}

static void answer_option(uint32_t option, uint32_t type, const void *data, uint32_t length)
{
    struct { uint64_t magic; uint32_t option, type, length; } __attribute__((packed)) reply = {
        htobe64(REPLY_MAGIC), htobe32(option), htobe32(type), htobe32(length)
    };
    send_all(&reply, sizeof reply);
    send_all(data, length);
}

static void negotiate(void)
{
    uint32_t client_flags;
    send_all("NBDMAGICIHAVEOPT\0\3", 18);
    receive_all(&client_flags, sizeof client_flags);
    for (;;) {
        struct { uint64_t magic; uint32_t option, length; } __attribute__((packed)) head;
        char data[4096];
        receive_all(&head, sizeof head);
        uint32_t option = be32toh(head.option), length = be32toh(head.length);
        if (be64toh(head.magic) != OPTION_MAGIC || length > sizeof data)
            leave();
        receive_all(data, length);
        if (option == OPT_STRUCTURED) {
            answer_option(option, REP_ACK, "", 0);
        } else if (option == OPT_GO) {
            struct { uint16_t type; uint64_t length; uint16_t flags; } __attribute__((packed)) info = {
                0, htobe64(disk_length), htobe16(1)
            };
            answer_option(option, REP_INFO, &info, sizeof info);
            answer_option(option, REP_ACK, "", 0);
            return;
        } else if (option == OPT_ABORT) {
            leave();
        } else {
            answer_option(option, REP_ERR_UNSUP, "", 0);
        }
    }
}

static void flush(void)
{
    send_all(out, held);
    held = 0;
}

static void answer(const struct request *request, uint32_t length)
{
    int read = be16toh(request->type) == READ;
    if (held + sizeof(struct chunk) + MAX_PAYLOAD > sizeof out)
        flush();
    struct chunk *chunk = (struct chunk *)(out + held);
    chunk->magic = htobe32(CHUNK_MAGIC);
    chunk->flags = htobe16(1);
    chunk->type = htobe16(read ? 1 : 0);
    chunk->cookie = request->cookie;
    chunk->length = htobe32(read ? length + sizeof chunk->offset : 0);
    if (read)
        chunk->offset = request->offset;
    held += read ? sizeof *chunk + length : CHUNK_WITHOUT_OFFSET;
}

/* Answers the whole requests among what has come, and keeps the rest. Returns how many. */
static int process(void)
{
    size_t at = 0;
    int count = 0;
    while (filled - at >= sizeof(struct request)) {
        struct request *request = (struct request *)(in + at);
        uint32_t length = be32toh(request->length);
        int type = be16toh(request->type);
        size_t whole = sizeof *request + (type == WRITE ? length : 0);
        if (type == DISC || be32toh(request->magic) != REQUEST_MAGIC || length > MAX_PAYLOAD)
            leave();
        if (filled - at < whole)
            break;
        answer(request, length);
        at += whole;
        count++;
    }
    memmove(in, in + at, filled - at);
    filled -= at;
    return count;
}

static int client_is_busy(int count)
{
    int unread = 0;
    if (count >= MAX_COUNT || held >= MAX_HELD || ioctl(client, TIOCOUTQ, &unread) < 0)
        return 0;
    return held < 4096 ? unread > 0 : (size_t)unread > held + MARGIN;
}

static void *serve(void *argument)
{
    client = (int)(intptr_t)argument;
    int count = 0, size = SEND_BUFFER;
    int64_t last_ns = 0;
    setsockopt(client, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    negotiate();
    for (;;) {
        int wait = held == 0 && now_ns() - last_ns > SPIN_NS;
        ssize_t n = recv(client, in + filled, sizeof in - filled, wait ? 0 : MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            leave();
        if (n > 0) {
            filled += n;
            count += process();
            last_ns = now_ns();
        }
        if (held > 0 && client_is_busy(count)) {
            for (int64_t end_ns = now_ns() + PAUSE_NS; now_ns() < end_ns;)
                ;
        } else if (held > 0) {
            flush();
            count = 0;
        }
    }
}

static int listen_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path)
        return -1;
    strcpy(address.sun_path, path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    return bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : listener;
}

static int listen_tcp(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htobe16(port), .sin_addr.s_addr = htobe32(INADDR_LOOPBACK)
    };
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    return bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : listener;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: limit BYTES SOCKET|PORT\n");
        return 2;
    }
    disk_length = strtoull(argv[1], NULL, 10);
    int port = atoi(argv[2]);
    int listener = port > 0 ? listen_tcp(port) : listen_unix(argv[2]);
    if (listener < 0 || listen(listener, 16) < 0) {
        perror(argv[2]);
        return 1;
    }
    for (int accepted; (accepted = accept(listener, NULL, NULL)) >= 0;) {
        pthread_t thread;
        int now = 1;
        if (port > 0)
            setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)accepted) != 0)
            return 1;
        pthread_detach(thread);
    }
    perror("accept");
    return 1;
}
