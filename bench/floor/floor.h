/*
 * What the floors have in common: the connections, the frames, and a listening socket.
 *
 * The floors are lower bounds of what a WebSocket server can cost: one thread, no checks of any kind, no timers, and no
 * closing handshake beyond echoing the Close and the FIN. They are not for use: they trust their client, which must be
 * the load generator of this benchmark.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLOSE = 0x8, BUFFER = 1 << 20, DESCRIPTORS = 1 << 17 };

/* The answer to the key of the load generator. The key is always the same, so SHA-1 is not needed. */
static const char accepted[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/* A connection has the part of a frame or of its request that was received; an idle one has none. */
struct connection {
	char open;     /* whether the handshake is done */
	int member;    /* its index in members */
	unsigned sent; /* the number of the submission that its last send belongs to; only with io_uring */
	size_t rest;
	unsigned char *part;
};

static struct connection connections[DESCRIPTORS]; /* by descriptor; entries that were never open use no memory */
static int members[DESCRIPTORS], count;            /* the descriptors that are open */
static int fanout;                                 /* whether each message goes to all connections */

/* room returns space for answers of size bytes, which must stay unchanged until they are sent. Each floor defines it. */
static unsigned char *room(size_t size);

/* deliver sends data from room, now or at the end of the round. Each floor defines it. */
static void deliver(int fd, const unsigned char *data, size_t size);

/* send_all waits while the socket buffer is full: the load generator always reads. */
static void send_all(int fd, const unsigned char *data, size_t size) {
	while (size > 0) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN) {
			struct pollfd full = {.fd = fd, .events = POLLOUT};
			poll(&full, 1, 1000);
			continue;
		}
		if (n < 0) return;
		data += n, size -= (size_t)n;
	}
}

/* header parses the header of a frame and returns its size, or 0 if it is incomplete. */
static size_t header(const unsigned char *data, size_t size, size_t *payload) {
	if (size < 6) return 0;
	size_t head = 6;
	*payload = data[1] & 127;
	if (*payload == 126) {
		head = 8;
		*payload = (size_t)data[2] << 8 | data[3];
	} else if (*payload == 127) {
		uint64_t big;
		head = 14;
		if (size < head) return 0;
		memcpy(&big, data + 2, 8);
		*payload = __builtin_bswap64(big);
	}
	return size < head ? 0 : head;
}

/* answer writes a server's frame with the same payload, unmasked eight bytes at a time, and returns its size. It may
 * write up to seven bytes more than that. */
static size_t answer(unsigned char *to, unsigned char first, const unsigned char *masked, size_t size) {
	size_t head = 2;
	to[0] = first;
	if (size < 126) {
		to[1] = (unsigned char)size;
	} else if (size < 65536) {
		head = 4, to[1] = 126, to[2] = (unsigned char)(size >> 8), to[3] = (unsigned char)size;
	} else {
		uint64_t big = __builtin_bswap64(size);
		head = 10, to[1] = 127;
		memcpy(to + 2, &big, 8);
	}
	uint32_t key;
	memcpy(&key, masked - 4, 4);
	uint64_t keys = (uint64_t)key << 32 | key;
	for (size_t i = 0; i < size; i += 8) {
		uint64_t word;
		memcpy(&word, masked + i, 8);
		word ^= keys;
		memcpy(to + head + i, &word, 8);
	}
	return head + size;
}

/* join makes fd a connection, unless there are too many. */
static int join(int fd) {
	int on = 1;
	if (fd >= DESCRIPTORS) {
		close(fd);
		return 0;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	connections[fd].member = count;
	members[count++] = fd;
	return 1;
}

static void leave(int fd) {
	struct connection *c = &connections[fd];
	members[c->member] = members[--count];
	connections[members[c->member]].member = c->member;
	free(c->part);
	memset(c, 0, sizeof *c);
	close(fd);
}

/* keep makes data the part of a frame or a request that a connection has received. */
static void keep(struct connection *c, const unsigned char *data, size_t size) {
	free(c->part);
	c->part = NULL, c->rest = size;
	if (size > 0) {
		c->part = malloc(size);
		memcpy(c->part, data, size);
	}
}

/* frames answers all complete frames and keeps the rest. It returns 0 after a Close: the caller then closes for writing,
 * which a server does first, and the client then does the same. */
static int frames(int fd, const unsigned char *data, size_t size) {
	struct connection *c = &connections[fd];
	unsigned char *out = room(size);
	size_t head, payload, written = 0;
	int closed = 0;
	while (!closed && (head = header(data, size, &payload)) > 0 && size >= head + payload) {
		size_t n = answer(out + written, data[0], data + head, payload);
		closed = (data[0] & 15) == CLOSE;
		if (fanout && !closed) {
			for (int i = 0; i < count; i++) deliver(members[i], out + written, n);
			out += n;
		} else {
			written += n;
		}
		data += head + payload, size -= head + payload;
	}
	if (written > 0) deliver(fd, out, written);
	keep(c, data, closed ? 0 : size);
	return !closed;
}

/* welcome answers the request of a connection when it is complete. The client sends nothing more before the answer. */
static void welcome(int fd, const unsigned char *data, size_t size) {
	struct connection *c = &connections[fd];
	c->open = size >= 4 && memcmp(data + size - 4, "\r\n\r\n", 4) == 0;
	keep(c, data, c->open ? 0 : size);
	if (c->open) send_all(fd, (const unsigned char *)accepted, sizeof accepted - 1);
}

/* listening returns a socket that listens on a port of 127.0.0.1, or ends the program. */
static int listening(const char *port) {
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)),
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
		perror("floor: listen");
		exit(1);
	}
	return listener;
}

static void watch(int loop, int fd) {
	epoll_ctl(loop, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
}

/* accept_all makes all clients that wait connections of an epoll instance. */
static void accept_all(int loop, int listener) {
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
		if (fd < 0) return;
		if (join(fd)) watch(loop, fd);
	}
}
