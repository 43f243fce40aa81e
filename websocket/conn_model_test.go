package websocket

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// modelSeeds is how many sequences of operations are run. To run one of them use
// -run 'TestConnModel/seed=17$'.
const modelSeeds = 400

// TestConnModel runs sequences of random operations on both ends of a connection, and
// compares the results with a model: what has arrived, in which order, and how the
// connection has ended. synctest fails if a goroutine is left.
func TestConnModel(t *testing.T) {
	for seed := range uint64(modelSeeds) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newModel(t, seed).run() })
		})
	}
}

type model struct {
	t         *testing.T
	r         *rand.Rand
	ends      [2]*modelEnd
	disturbed bool // an operation or a transport may prevent a clean end
}

// modelEnd is one end, and a record of what it has sent and received.
type modelEnd struct {
	name string
	conn *Conn

	mu      sync.Mutex
	sent    [modelWriters][]*modelMessage
	got     []modelMessage
	last    error   // the error that ended reading
	closed  bool    // the application has closed
	dropped bool    // messages that arrive after that may be dropped
	discard bool    // messages that were sent before that may be dropped
	badErrs []error // errors that writers must not get
}

const modelWriters = 2

// modelMessage is a message that a writer has sent or a reader has received.
type modelMessage struct {
	op      MessageType
	payload []byte // begins with the numbers of the writer and of the message
	whole   bool
}

const modelHeader = 3

var neverFinished = []byte("never finished")

func newModel(t *testing.T, seed uint64) *model {
	m := &model{t: t, r: rand.New(rand.NewPCG(seed, 0))}
	a, b := memconn.Pipe()
	m.ends[0] = &modelEnd{name: "server", conn: NewConn(m.shape(a), protocol.Server, nil, m.options())}
	m.ends[1] = &modelEnd{name: "client", conn: NewConn(m.shape(b), protocol.Client, nil, m.options())}
	return m
}

func (m *model) options() Options {
	return Options{
		HalfOpen:  m.r.IntN(3) == 0,
		ReadAhead: 1 + m.r.IntN(5000),
		// Longer than any plan takes, so that the end does not depend on the plan.
		CloseTimeout: 2 * time.Minute, HalfOpenTimeout: 2 * time.Minute,
	}
}

// shape makes some transports slow, and some break at a random byte.
func (m *model) shape(nc *memconn.Conn) *cutConn {
	if m.r.IntN(2) == 0 {
		nc.SetCapacity(200 + m.r.IntN(5000))
	}
	if m.r.IntN(4) == 0 {
		nc.SetReadSize(20 + m.r.IntN(300))
	}
	c := &cutConn{Conn: nc, left: -1}
	if m.r.IntN(4) == 0 {
		m.disturbed = true
		c.left, c.reset = m.r.IntN(20_000), m.r.IntN(2) == 0
	}
	return c
}

// cutConn is a transport that ends after a number of bytes.
type cutConn struct {
	*memconn.Conn
	left  int // how many bytes can be written; unlimited if negative
	reset bool
}

func (c *cutConn) Write(p []byte) (int, error) {
	if c.left < 0 {
		return c.Conn.Write(p)
	}
	if len(p) <= c.left {
		n, err := c.Conn.Write(p)
		c.left -= n
		return n, err
	}
	n, _ := c.Conn.Write(p[:c.left])
	c.left = 0
	if c.reset {
		c.Reset()
	} else {
		_ = c.CloseWrite()
	}
	return n, io.ErrClosedPipe
}

func (m *model) run() {
	var running sync.WaitGroup
	for _, e := range m.ends {
		plans := [modelWriters][]modelOp{m.plan(), m.plan()}
		code := CloseCode(1000 + m.r.IntN(2))
		patience := rand.New(rand.NewPCG(m.r.Uint64(), 0))
		running.Go(func() { e.writeAll(plans, code) })
		running.Go(func() { e.readAll(patience) })
	}
	for _, e := range m.ends {
		select {
		case <-e.conn.Done():
		case <-time.After(10 * time.Minute):
			m.t.Errorf("the %s must end in bounded time; it did not", e.name)
			e.conn.CloseNow()
		}
	}
	running.Wait()
	m.check()
}

// writeAll runs the plans of the writers, and then closes.
func (e *modelEnd) writeAll(plans [modelWriters][]modelOp, code CloseCode) {
	var writers sync.WaitGroup
	for w, plan := range plans {
		writers.Go(func() {
			for _, op := range plan {
				op(e, w)
			}
		})
	}
	writers.Wait()
	_ = e.conn.CloseWrite(code, e.name)
}

// modelOp is an operation of a writer.
type modelOp func(e *modelEnd, writer int)

// plan returns the operations of a writer. They are chosen in advance, so that they do not
// depend on how goroutines are scheduled.
func (m *model) plan() []modelOp {
	ops := make([]modelOp, m.r.IntN(20))
	for i := range ops {
		ops[i] = m.harmless()
	}
	if m.r.IntN(3) == 0 {
		ops = slices.Insert(ops, m.r.IntN(len(ops)+1), m.ending())
	}
	return ops
}

func (m *model) harmless() modelOp {
	patience := 10 * time.Second
	if m.r.IntN(4) == 0 {
		patience = time.Duration(m.r.IntN(20)) * time.Millisecond
	}
	switch m.r.IntN(10) {
	case 0:
		return func(*modelEnd, int) { time.Sleep(patience % time.Second) }
	case 1:
		return func(e *modelEnd, _ int) { e.note(e.conn.Ping(m.within(min(patience, time.Second)))) }
	case 2, 3, 4:
		parts := make([][]byte, 1+m.r.IntN(5))
		for i := range parts {
			parts[i] = m.payload(800)
		}
		return func(e *modelEnd, w int) { e.writeParts(m.within(patience), w, parts) }
	}
	op := Text + MessageType(m.r.IntN(2))
	payload, prepared := m.payload(4000), m.r.IntN(3) == 0
	return func(e *modelEnd, w int) { e.write(m.within(patience), w, op, payload, prepared) }
}

func (m *model) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	m.t.Cleanup(cancel)
	return ctx
}

// payload returns ASCII text, which differs between calls.
func (m *model) payload(most int) []byte {
	return bytes.Repeat(binary.BigEndian.AppendUint64(nil, m.r.Uint64()&0x7F7F7F7F7F7F7F7F), m.r.IntN(most/8))
}

// ending returns an operation after which nothing can be sent.
func (m *model) ending() modelOp {
	code := CloseCode(3000 + m.r.IntN(1000))
	switch m.r.IntN(5) {
	case 0:
		m.disturbed = true
		return func(e *modelEnd, _ int) { e.close(false); e.conn.CloseNow() }
	case 3:
		return func(e *modelEnd, _ int) { e.close(true); e.discards(); _ = e.conn.CloseDiscard(code, "by the model") }
	case 1:
		return func(e *modelEnd, _ int) { e.close(true); _ = e.conn.Close(code, "by the model") }
	case 2: // a message that is never completed
		m.disturbed = true
		return func(e *modelEnd, _ int) {
			if w, err := e.conn.Writer(m.within(time.Second), Binary); err == nil {
				_, _ = w.Write(neverFinished)
			}
		}
	}
	return func(e *modelEnd, _ int) { e.close(false); _ = e.conn.CloseWrite(code, "by the model") }
}

func (e *modelEnd) close(drops bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed, e.dropped = true, e.dropped || drops
}

// discards records that messages may be lost from now on, and one of them truncated.
func (e *modelEnd) discards() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.discard = true
}

// begin records a message before it is sent, with the header that identifies it.
func (e *modelEnd) begin(w int, op MessageType) *modelMessage {
	e.mu.Lock()
	defer e.mu.Unlock()
	header := binary.BigEndian.AppendUint16([]byte{byte(w)}, uint16(len(e.sent[w])))
	message := &modelMessage{op: op, payload: header}
	e.sent[w] = append(e.sent[w], message)
	return message
}

// takeBack removes the last message, which was refused.
func (e *modelEnd) takeBack(w int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent[w] = e.sent[w][:len(e.sent[w])-1]
}

func (e *modelEnd) write(ctx context.Context, w int, op MessageType, payload []byte, prepared bool) {
	message := e.begin(w, op)
	message.payload = append(message.payload, payload...)
	var err error
	if prepared {
		p, _ := Prepare(op, message.payload)
		err = e.conn.WritePrepared(ctx, p)
	} else {
		err = e.conn.Write(ctx, op, message.payload)
	}
	message.whole = err == nil
	if err != nil {
		e.takeBack(w)
	}
	e.note(err)
}

func (e *modelEnd) writeParts(ctx context.Context, w int, parts [][]byte) {
	writer, err := e.conn.Writer(ctx, Binary)
	if err != nil {
		e.note(err)
		return
	}
	message := e.begin(w, Binary)
	if _, err = writer.Write(message.payload); err != nil {
		e.takeBack(w) // what is sent below is an empty message
	}
	for _, part := range parts {
		if err != nil {
			break
		}
		if _, err = writer.Write(part); err == nil {
			message.payload = append(message.payload, part...)
		}
	}
	e.note(err)
	closeErr := writer.Close()
	message.whole = closeErr == nil
	e.note(closeErr)
}

// note records an error if a writer must not get it.
func (e *modelEnd) note(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, misuse := errors.AsType[*Misuse](err)
	switch {
	case err == nil, errors.Is(err, context.DeadlineExceeded):
	case misuse && e.closed && errors.Is(err, protocol.ErrClosing):
	case !misuse && isEnd(err):
	default:
		e.badErrs = append(e.badErrs, err)
	}
}

func isEnd(err error) bool {
	return isKind[*PeerClosed](err) || isKind[*LocalClosed](err) || isKind[*TransportError](err)
}

// readAll reads with Read and Reader until the end.
func (e *modelEnd) readAll(r *rand.Rand) {
	lazy := r.IntN(3) == 0
	for e.last == nil {
		if lazy && r.IntN(10) == 0 {
			time.Sleep(time.Duration(r.IntN(500)) * time.Millisecond)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+r.IntN(2000))*time.Millisecond)
		err := e.readOne(ctx, r)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			e.last = err
		}
	}
}

func (e *modelEnd) readOne(ctx context.Context, r *rand.Rand) error {
	if r.IntN(2) == 0 {
		op, b, err := e.conn.Read(ctx)
		if err == nil {
			e.got = append(e.got, modelMessage{op, b, true})
		}
		return err
	}
	op, reader, err := e.conn.Reader(ctx)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	most := int64(1 << 20)
	if r.IntN(4) == 0 {
		most = modelHeader + r.Int64N(3000)
	}
	n, err := io.Copy(&b, io.LimitReader(reader, most))
	e.got = append(e.got, modelMessage{op, b.Bytes(), err == nil && n < most})
	return err
}
