/*
 * The floor is the lower bound of what a WebSocket server on epoll can cost: one thread, one read and one write for all
 * that a connection has sent, no checks of any kind, no timers, and no closing handshake beyond echoing the Close and the
 * FIN. It is not for use: it trusts its client, which must be the load generator of this benchmark.
 *
 *     floor 9001           echo
 *     floor 9001 fanout    send each message to all connections
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

enum { CLOSE = 0x8, EVENTS = 512, BUFFER = 1 << 20, DESCRIPTORS = 1 << 17 };

/* The answer to the key of the load generator. The key is always the same, so SHA-1 is not needed. */
static const char accepted[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/* A connection has the part of a frame that was received; an idle one has none. */
struct connection {
	char open;  /* whether the handshake is done */
	int member; /* its index in members */
	size_t rest;
	unsigned char *part;
};

static struct connection connections[DESCRIPTORS]; /* by descriptor; entries that were never open use no memory */
static int members[DESCRIPTORS], count;            /* the descriptors that are open */
static unsigned char in[BUFFER + 16], out[BUFFER + 16];
static int fanout;

/* send_all waits while the socket buffer is full: the load generator always reads. */
static void send_all(int fd, const unsigned char *data, size_t size) {
	while (size > 0) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			struct pollfd room = {.fd = fd, .events = POLLOUT};
			poll(&room, 1, 1000);
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

static void leave(int fd) {
	struct connection *c = &connections[fd];
	members[c->member] = members[--count];
	connections[members[c->member]].member = c->member;
	free(c->part);
	memset(c, 0, sizeof *c);
	close(fd);
}

/* frames answers all complete frames and keeps the rest. It returns 0 after a Close. */
static int frames(int fd, const unsigned char *data, size_t size) {
	struct connection *c = &connections[fd];
	size_t head, payload, written = 0;
	int closed = 0;
	while (!closed && (head = header(data, size, &payload)) > 0 && size >= head + payload) {
		size_t n = answer(out + written, data[0], data + head, payload);
		closed = (data[0] & 15) == CLOSE;
		if (fanout && !closed)
			for (int i = 0; i < count; i++) send_all(members[i], out + written, n);
		else
			written += n;
		data += head + payload, size -= head + payload;
	}
	if (written > 0) send_all(fd, out, written);
	free(c->part);
	c->part = NULL, c->rest = closed ? 0 : size;
	if (c->rest > 0) {
		c->part = malloc(size);
		memcpy(c->part, data, size);
	}
	return !closed;
}

static void readable(int fd) {
	struct connection *c = &connections[fd];
	if (c->rest > 0) memcpy(in, c->part, c->rest);
	ssize_t n = recv(fd, in + c->rest, BUFFER / 2 - c->rest, 0);
	if (n < 0 && errno == EAGAIN) return;
	if (n <= 0) {
		leave(fd);
	} else if (!c->open) { /* assumes a complete request: it is short, and the client sends nothing more before the answer */
		c->open = 1;
		send_all(fd, (const unsigned char *)accepted, sizeof accepted - 1);
	} else if (!frames(fd, in, c->rest + (size_t)n)) {
		shutdown(fd, SHUT_WR); /* the server closes for writing first; the client then does the same */
	}
}

static void welcome(int loop, int listener) {
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;
		if (fd < 0) return;
		if (fd >= DESCRIPTORS) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		connections[fd].member = count;
		members[count++] = fd;
		epoll_ctl(loop, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
	}
}

int main(int argc, char **argv) {
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 9001)),
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), loop = epoll_create1(0), on = 1;
	fanout = argc > 2 && strcmp(argv[2], "fanout") == 0;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
		perror("floor: listen");
		return 1;
	}
	epoll_ctl(loop, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
	for (;;) {
		static struct epoll_event ready[EVENTS];
		int n = epoll_wait(loop, ready, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			if (ready[i].data.fd == listener)
				welcome(loop, listener);
			else
				readable(ready[i].data.fd);
		}
	}
}
