/*
 * The floor of a server on epoll: one read and one write for all that a connection has sent.
 *
 *     floor 9001           echo
 *     floor 9001 fanout    send each message to all connections
 */
#include "floor.h"

enum { EVENTS = 512 };

static unsigned char in[BUFFER + 16], out[BUFFER + 16];

static unsigned char *room(size_t size) {
	(void)size;
	return out;
}

static void deliver(int fd, const unsigned char *data, size_t size) { send_all(fd, data, size); }

static void readable(int fd) {
	struct connection *c = &connections[fd];
	if (c->rest > 0) memcpy(in, c->part, c->rest);
	ssize_t n = recv(fd, in + c->rest, BUFFER - c->rest, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN) return;
	if (n <= 0) {
		leave(fd);
	} else if (!c->open) {
		welcome(fd, in, c->rest + (size_t)n);
	} else if (!frames(fd, in, c->rest + (size_t)n)) {
		shutdown(fd, SHUT_WR);
	}
}

int main(int argc, char **argv) {
	int listener = listening(argc > 1 ? argv[1] : "9001"), loop = epoll_create1(0);
	fanout = argc > 2 && strcmp(argv[2], "fanout") == 0;
	watch(loop, listener);
	for (;;) {
		static struct epoll_event ready[EVENTS];
		int n = epoll_wait(loop, ready, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			if (ready[i].data.fd == listener)
				accept_all(loop, listener);
			else
				readable(ready[i].data.fd);
		}
	}
}
