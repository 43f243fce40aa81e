/*
 * The floors of a server on io_uring: the operations of many connections with one system call.
 *
 *     floor-uring 9001 [batch]           echo
 *     floor-uring 9001 [batch] fanout    send each message to all connections
 *     floor-uring check                  report whether the system permits both; they need Linux 6.12
 *
 * Without batch, every connection has a receive that stays armed and takes memory from buffers that all connections share.
 * One call submits the answers of a round, and waits for the input of the next. With batch, epoll_wait reports the
 * connections of a round, one call does all their receives, and another all their sends.
 */
#include "floor.h"

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* Constants that are newer than the headers of some systems. */
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif
#ifndef IORING_RECV_MULTISHOT
#define IORING_RECV_MULTISHOT (1U << 1)
#endif
#define PARTIAL_BUFFERS 2       /* IOU_PBUF_RING_INC, Linux 6.12: receives use the parts of a buffer one after another */
#define BUFFER_IN_USE (1U << 4) /* IORING_CQE_F_BUF_MORE: further receives will use the rest of the buffer */

/* registration is struct io_uring_buf_reg, whose member flags is newer too. */
struct registration {
	uint64_t address;
	uint32_t entries;
	uint16_t group, flags;
	uint64_t reserved[3];
};

enum {
	ENTRIES = 4096,         /* operations that one call submits */
	COMPLETIONS = 32768,    /* completions that may wait: more than connections of any work */
	BUFFERS = 64,           /* shared by all armed receives, a power of two */
	BUFFER_SIZE = 64 << 10, /* of a shared buffer, and of the buffers of batch */
	BATCH = 64,             /* connections of a round with batch */
	ANSWERS = 64 << 20,     /* memory for the answers that one call submits */
};

/* What a completion is about: the upper half of its user data. The lower half is an index or a descriptor. */
enum { SENT = 1, RECEIVED, READ, ACCEPTED };

static int ring;
static unsigned *sq_tail, *cq_head, *cq_tail, sq_mask, cq_mask;
static unsigned queued, submitted; /* operations since the start */
static unsigned submission = 1;    /* the number of the next call */
static struct io_uring_sqe *operations;
static struct io_uring_cqe *completions;

static struct send {
	int fd;
	const unsigned char *data;
	size_t size;
} sends[ENTRIES]; /* by the index of the operation */

static unsigned char *answers, in[BUFFER + 16];
static size_t used; /* of answers */

static struct io_uring_buf_ring *shared;
static unsigned char *buffers;
static unsigned char *next[BUFFERS]; /* the part of a shared buffer that the next completion is about */
static unsigned short returned;      /* buffers that were given to the kernel since the start */

static void *memory(size_t size, int fd, off_t offset) {
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, offset);
	if (at == MAP_FAILED) {
		perror("floor: mmap");
		exit(1);
	}
	return at;
}

static void set_up(void) {
	struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
	                            .cq_entries = COMPLETIONS};
	ring = (int)syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (ring < 0) {
		perror("floor: io_uring_setup");
		exit(1);
	}
	size_t sq_size = p.sq_off.array + p.sq_entries * sizeof(unsigned);
	size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	char *rings = memory(sq_size > cq_size ? sq_size : cq_size, ring, IORING_OFF_SQ_RING);
	operations = memory(p.sq_entries * sizeof(struct io_uring_sqe), ring, IORING_OFF_SQES);
	completions = (struct io_uring_cqe *)(rings + p.cq_off.cqes);
	sq_tail = (unsigned *)(rings + p.sq_off.tail), sq_mask = *(unsigned *)(rings + p.sq_off.ring_mask);
	cq_head = (unsigned *)(rings + p.cq_off.head), cq_mask = *(unsigned *)(rings + p.cq_off.ring_mask);
	cq_tail = (unsigned *)(rings + p.cq_off.tail);
	for (unsigned i = 0; i < p.sq_entries; i++) ((unsigned *)(rings + p.sq_off.array))[i] = i;
	answers = memory(ANSWERS, -1, 0);
	buffers = memory((size_t)BUFFERS * BUFFER_SIZE + 16, -1, 0);
}

/* give lets the kernel use a shared buffer again from its start. */
static void give(unsigned short id) {
	next[id] = buffers + (size_t)id * BUFFER_SIZE;
	struct io_uring_buf *b = &shared->bufs[returned++ & (BUFFERS - 1)];
	b->addr = (uintptr_t)next[id], b->len = BUFFER_SIZE, b->bid = id;
	__atomic_store_n(&shared->tail, returned, __ATOMIC_RELEASE);
}

/* share registers the buffers of armed receives. They are used in parts, so that they are enough however many connections
 * have input at once, if it is short. */
static void share(void) {
	shared = memory(BUFFERS * sizeof(struct io_uring_buf), -1, 0);
	struct registration r = {.address = (uintptr_t)shared, .entries = BUFFERS, .flags = PARTIAL_BUFFERS};
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_PBUF_RING, &r, 1) < 0) {
		perror("floor: IORING_REGISTER_PBUF_RING");
		exit(1);
	}
	for (unsigned short i = 0; i < BUFFERS; i++) give(i);
}

/* submit carries out what is queued, and with wait also waits for a completion. It then completes the sends that the
 * kernel did not accept entirely, before anything else is sent to their connections. */
static void submit(unsigned wait) {
	unsigned at = *cq_tail;
	__atomic_store_n(sq_tail, queued, __ATOMIC_RELEASE);
	do {
		long n = syscall(SYS_io_uring_enter, ring, queued - submitted, wait, wait ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
		if (n >= 0)
			submitted += (unsigned)n;
		else if (errno != EINTR && errno != EAGAIN && errno != EBUSY) {
			perror("floor: io_uring_enter");
			exit(1);
		}
	} while (queued != submitted);
	submission++;
	for (unsigned end = __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE); at != end; at++) {
		struct io_uring_cqe *c = &completions[at & cq_mask];
		if (c->user_data >> 32 != SENT || (c->res < 0 && c->res != -EAGAIN)) continue;
		struct send *s = &sends[(unsigned)c->user_data];
		size_t n = c->res < 0 ? 0 : (size_t)c->res;
		send_all(s->fd, s->data + n, s->size - n);
	}
}

/* operation returns the next operation, which the next call submits. */
static struct io_uring_sqe *operation(unsigned char code, int fd, unsigned about, unsigned index) {
	if (queued - submitted == ENTRIES) submit(0);
	struct io_uring_sqe *o = &operations[queued++ & sq_mask];
	memset(o, 0, sizeof *o);
	o->opcode = code, o->fd = fd, o->user_data = (uint64_t)about << 32 | index;
	return o;
}

/* room submits what is queued if the memory for answers is used up. */
static unsigned char *room(size_t size) {
	if (used + size + 16 > ANSWERS) submit(0);
	if (queued == submitted) used = 0;
	unsigned char *at = answers + used;
	used += (size + 71) & ~(size_t)63;
	return at;
}

/* deliver queues a send, which completes within the call that submits it. A connection has one send in a call, so that a
 * partial one is completed before the next. Only partial sends and errors have completions. */
static void deliver(int fd, const unsigned char *data, size_t size) {
	struct connection *c = &connections[fd];
	if (c->sent == submission) submit(0);
	struct io_uring_sqe *o = operation(IORING_OP_SEND, fd, SENT, queued & sq_mask);
	o->addr = (uintptr_t)data, o->len = (unsigned)size, o->flags = IOSQE_CQE_SKIP_SUCCESS;
	o->msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL; /* MSG_WAITALL makes a partial send an error */
	sends[o->user_data & sq_mask] = (struct send){fd, data, size};
	c->sent = submission;
}

static void arm_accept(int listener) {
	operation(IORING_OP_ACCEPT, listener, ACCEPTED, (unsigned)listener)->ioprio = IORING_ACCEPT_MULTISHOT;
}

static void arm_receive(int fd) {
	struct io_uring_sqe *o = operation(IORING_OP_RECV, fd, RECEIVED, (unsigned)fd);
	o->ioprio = IORING_RECV_MULTISHOT, o->flags = IOSQE_BUFFER_SELECT;
}

/* input handles what a connection has sent. */
static void input(int fd, const unsigned char *data, size_t size) {
	struct connection *c = &connections[fd];
	if (c->rest > 0) {
		memcpy(in, c->part, c->rest);
		memcpy(in + c->rest, data, size);
		data = in, size += c->rest;
	}
	if (!c->open) {
		welcome(fd, data, size);
	} else if (!frames(fd, data, size)) {
		submit(0);
		shutdown(fd, SHUT_WR);
	}
}

static void received(int fd, int result, unsigned flags) {
	unsigned short id = (unsigned short)(flags >> IORING_CQE_BUFFER_SHIFT);
	if (result > 0) {
		input(fd, next[id], (size_t)result);
		next[id] += result;
	}
	if (flags & IORING_CQE_F_BUFFER && !(flags & BUFFER_IN_USE)) give(id);
	if (flags & IORING_CQE_F_MORE) return;
	if (result > 0 || result == -ENOBUFS)
		arm_receive(fd);
	else
		leave(fd);
}

static struct epoll_event ready[BATCH];

static void complete(uint64_t about, int result, unsigned flags) {
	unsigned index = (unsigned)about;
	switch (about >> 32) {
	case ACCEPTED:
		if (result >= 0 && join(result)) arm_receive(result);
		if (!(flags & IORING_CQE_F_MORE)) arm_accept((int)index);
		break;
	case RECEIVED:
		received((int)index, result, flags);
		break;
	case READ:
		if (result > 0)
			input(ready[index].data.fd, buffers + (size_t)index * BUFFER_SIZE, (size_t)result);
		else if (result != -EAGAIN)
			leave(ready[index].data.fd);
	}
}

/* complete_all handles all completions, including those that arrive while it runs. */
static void complete_all(void) {
	for (unsigned at = *cq_head; at != __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE);) {
		struct io_uring_cqe *c = &completions[at++ & cq_mask];
		uint64_t about = c->user_data;
		int result = c->res;
		unsigned flags = c->flags;
		__atomic_store_n(cq_head, at, __ATOMIC_RELEASE);
		complete(about, result, flags);
	}
}

static void serve(int listener) {
	share();
	arm_accept(listener);
	for (;;) {
		submit(1);
		complete_all();
	}
}

static void serve_batches(int listener) {
	int loop = epoll_create1(0);
	watch(loop, listener);
	for (;;) {
		int n = epoll_wait(loop, ready, BATCH, -1);
		for (int i = 0; i < n; i++) {
			if (ready[i].data.fd == listener) {
				accept_all(loop, listener);
				continue;
			}
			struct io_uring_sqe *o = operation(IORING_OP_RECV, ready[i].data.fd, READ, (unsigned)i);
			o->addr = (uintptr_t)(buffers + (size_t)i * BUFFER_SIZE), o->len = BUFFER_SIZE, o->msg_flags = MSG_DONTWAIT;
		}
		submit(0);
		complete_all();
		if (queued != submitted) submit(0);
	}
}

int main(int argc, char **argv) {
	const char *first = argc > 1 ? argv[1] : "9001";
	int batch = 0;
	for (int i = 2; i < argc; i++) {
		fanout |= strcmp(argv[i], "fanout") == 0;
		batch |= strcmp(argv[i], "batch") == 0;
	}
	set_up();
	if (strcmp(first, "check") == 0) {
		share();
		return 0;
	}
	(batch ? serve_batches : serve)(listening(first));
}
