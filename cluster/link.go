package cluster

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/lingerws/linger"
)

// link is a connection to NATS with a bounded queue in front of it, so that nothing that uses it waits for the network. One goroutine takes from the
// queue: it also makes subscriptions, because the connection of nats.go is locked while it writes.
//
// While the connection is broken, what is in the queue waits for another one, for missingAfter. Then the other nodes consider this one as
// gone, so the queue is dropped, and what is added is refused, until there is a connection.
type link struct {
	connection *nats.Conn
	logger     *slog.Logger
	most       int // bytes in the queue
	counts     *counters

	arrived  chan struct{} // has room for one value; sent when something was added to queue
	restored chan struct{} // the same, when the connection was restored
	ended    chan struct{} // closed by end
	done     chan struct{} // closed when run has returned

	pending atomic.Int64 // bytes in the queue

	mu       sync.Mutex
	queue    []outgoing
	broken   bool // the connection has been broken for missingAfter
	closed   bool
	sequence uint64 // of the last frame
	refused  int    // what the server has refused since the connection was made
	reason   error  // why it has refused the first of that
}

// outgoing is an entry of the queue of a link: a message, or a function to be called with the connection.
type outgoing struct {
	message nats.Msg
	do      func(c *nats.Conn)
	failed  func(error) // called if the message is dropped later; may be nil
}

func (o *outgoing) size() int {
	return len(o.message.Subject) + len(o.message.Reply) + len(o.message.Data) + 64
}

// keptEntries bounds the entries for which an empty queue keeps its memory.
const keptEntries = 4096

func newLink(most int, logger *slog.Logger, counts *counters) *link {
	return &link{
		most: most, logger: logger, counts: counts,
		arrived: make(chan struct{}, 1), restored: make(chan struct{}, 1), ended: make(chan struct{}), done: make(chan struct{}),
	}
}

// start uses a connection from now on.
func (l *link) start(c *nats.Conn) {
	l.connection = c
	go l.run()
}

// end makes the link refuse everything. What is in the queue is sent, if that is possible within a second.
func (l *link) end() {
	l.mu.Lock()
	closed := l.closed
	l.closed = true
	l.mu.Unlock()
	if closed || l.connection == nil {
		return
	}
	flushed := make(chan struct{})
	l.mu.Lock()
	l.add(outgoing{do: func(c *nats.Conn) {
		_ = c.FlushTimeout(time.Second)
		close(flushed)
	}})
	l.mu.Unlock()
	select {
	case <-flushed:
	case <-time.After(time.Second):
	}
	close(l.ended)
	l.connection.Close()
	<-l.done
}

// send queues messages, all or none of them.
func (l *link) send(messages ...outgoing) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sendLocked(messages...)
}

func (l *link) sendLocked(messages ...outgoing) error {
	size := 0
	for i := range messages {
		size += messages[i].size()
	}
	if l.closed || l.broken || l.pending.Load()+int64(size) > int64(l.most) {
		l.counts.full.Add(1)
		return linger.ErrClusterFull
	}
	l.pending.Add(int64(size))
	l.add(messages...)
	return nil
}

// sendFrames queues a record as frames. It numbers them, in the order of the queue.
func (l *link) sendFrames(from address, subject, reply string, flags byte, record []byte, maxPart int) error {
	parts := max(1, (len(record)+maxPart-1)/maxPart)
	l.mu.Lock()
	defer l.mu.Unlock()
	messages := make([]outgoing, 0, parts)
	for i := range parts {
		part := record[i*maxPart : min(len(record), (i+1)*maxPart)]
		f := frame{from: from, sequence: l.sequence + 1 + uint64(i), flags: flags, payload: part} //nolint:gosec // not negative
		if i == 0 {
			f.flags |= flagFirst
		}
		if i == parts-1 {
			f.flags |= flagLast
		}
		data := appendFrame(make([]byte, 0, frameHeader+len(from.node)+len(part)), f)
		messages = append(messages, outgoing{message: nats.Msg{Subject: subject, Reply: reply, Data: data}})
	}
	if err := l.sendLocked(messages...); err != nil {
		return err
	}
	l.sequence += uint64(parts) //nolint:gosec // not negative
	return nil
}

// call queues a function that is called with the connection, after what was sent before. The queue of calls is bounded by its callers.
func (l *link) call(do func(c *nats.Conn)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.add(outgoing{do: do})
	}
}

// add queues entries. mu is held.
func (l *link) add(entries ...outgoing) {
	l.queue = append(l.queue, entries...)
	select {
	case l.arrived <- struct{}{}:
	default:
	}
}

// run passes the queue to the connection until the link ends.
func (l *link) run() {
	defer close(l.done)
	var batch []outgoing
	for {
		select {
		case <-l.arrived:
		case <-l.ended:
			return
		}
		l.mu.Lock()
		batch, l.queue = l.queue, batch[:0]
		l.mu.Unlock()
		for i := range batch {
			l.pass(&batch[i])
			batch[i] = outgoing{}
		}
		if cap(batch) > keptEntries {
			batch = nil
		}
	}
}

// pass gives one entry to the connection, and waits while that is broken.
func (l *link) pass(o *outgoing) {
	if o.do != nil {
		o.do(l.connection)
		return
	}
	defer l.pending.Add(-int64(o.size()))
	for {
		err := l.connection.PublishMsg(&o.message)
		if err == nil {
			l.counts.framesOut.Add(1)
			l.counts.bytesOut.Add(uint64(len(o.message.Data)))
			return
		}
		if errors.Is(err, nats.ErrReconnectBufExceeded) && l.wait() {
			continue
		}
		l.counts.unsent.Add(1)
		if o.failed != nil {
			o.failed(err)
		}
		return
	}
}

// wait blocks until the connection is restored, and returns false if the link has ended, or the connection has been broken for too long.
func (l *link) wait() bool {
	for !l.connection.IsConnected() {
		l.mu.Lock()
		broken := l.broken
		l.mu.Unlock()
		if broken {
			return false
		}
		select {
		case <-l.restored:
		case <-l.ended:
			return false
		case <-time.After(missingAfter):
			l.setBroken()
		}
	}
	return true
}

// setBroken refuses what is sent until reconnected is called.
func (l *link) setBroken() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.broken && !l.connection.IsConnected() {
		l.broken = true
		l.logger.Warn("the link to the cluster has been broken for too long; what waited to be sent was dropped", "bytes", l.pending.Load())
	}
}

// refuse records that the server does not accept something that the node needs, such as a subscription.
func (l *link) refuse(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused++
	if l.reason == nil {
		l.reason = err
		l.logger.Error("the NATS server has refused something that the node needs: what nodes send to each other may not arrive until its account has the rights and there is another connection",
			"error", err)
	}
}

// refusal returns why the server has refused something, nil if it has refused nothing since the connection was made.
func (l *link) refusal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reason
}

// refusals returns how often the server has refused something since the connection was made.
func (l *link) refusals() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

// disconnected is called when the connection has ended. The next one makes the subscriptions again.
func (l *link) disconnected() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused, l.reason = 0, nil
}

// reconnected is called when there is a connection again.
func (l *link) reconnected() {
	l.mu.Lock()
	l.broken = false
	l.mu.Unlock()
	select {
	case l.restored <- struct{}{}:
	default:
	}
}
