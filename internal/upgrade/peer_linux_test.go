package upgrade

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

// peer is the client's end of a WebSocket. It can write parts of frames and fragments, and close its direction alone. One
// goroutine reads; any may send.
type peer struct {
	conn net.Conn
	in   *bufio.Reader

	writing sync.Mutex // held while output is written, so that frames leave in order
	mu      sync.Mutex // guards machine
	machine *protocol.Machine
}

// endpoint is what a peer connects to, and how.
type endpoint struct {
	address     string // host and port
	path        string // of the URL; with "" it is /
	compress    bool
	narrow      bool // the client's kernel takes little, so that messages wait in the server if the client does not read
	half        bool // messages that arrive after the client's Close are received
	subprotocol string
	origin      string
	tls         *tls.Config // nil without TLS
}

// dial opens a WebSocket.
func (d endpoint) dial() (*peer, error) {
	dialer := net.Dialer{Timeout: timeout}
	if d.narrow {
		dialer.Control = narrow
	}
	nc, err := dialer.Dial("tcp", d.address)
	if err != nil {
		return nil, err
	}
	if d.tls != nil {
		nc = tls.Client(nc, d.tls)
	}
	p := &peer{conn: nc, in: bufio.NewReader(nc)}
	_ = nc.SetDeadline(time.Now().Add(timeout))
	err = p.open(d)
	_ = nc.SetDeadline(time.Time{})
	if err != nil {
		_ = nc.Close()
		return nil, fmt.Errorf("opening a WebSocket at %s: %w", d.address, err)
	}
	return p, nil
}

// narrow makes the receive buffer of a socket small. It has to be done before the socket is connected.
func narrow(_, _ string, c syscall.RawConn) (err error) {
	return errors.Join(c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096) }), err)
}

// open makes the opening handshake.
func (p *peer) open(d endpoint) error {
	request, offer, err := d.request()
	if err != nil {
		return err
	}
	if err := request.Write(p.conn); err != nil {
		return err
	}
	response, err := http.ReadResponse(p.in, request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	agreement, err := offer.CheckResponse(response.StatusCode, response.Header)
	if err != nil {
		return err
	}
	config := protocol.Config{Role: protocol.Client, HalfOpen: true, HalfCloseNegotiated: d.half, MaxMessage: 64 << 20, MaskKey: maskKey}
	if d.compress {
		c, err := confirm(agreement)
		if err != nil {
			return err
		}
		config.Compression = c
	}
	p.machine = protocol.New(config)
	return nil
}

// request returns the request of the opening handshake.
func (d endpoint) request() (*http.Request, handshake.Offer, error) {
	var random [16]byte
	_, _ = rand.Read(random[:])
	offer := handshake.Offer{Key: handshake.NewKey(random)}
	if d.subprotocol != "" {
		offer.Protocols = []string{d.subprotocol}
	}
	if d.compress {
		offer.Extensions = []handshake.Extension{offered()}
	}
	request, err := http.NewRequest(http.MethodGet, "http://"+d.address+"/"+d.path, http.NoBody)
	if err != nil {
		return nil, offer, err
	}
	fields, err := offer.Request()
	for _, f := range fields {
		request.Header.Set(f.Name, f.Value)
	}
	if d.origin != "" {
		request.Header.Set("Origin", d.origin)
	}
	return request, offer, err
}

func maskKey() (key [4]byte) {
	_, _ = rand.Read(key[:])
	return key
}

// send sends a message.
func (p *peer) send(op protocol.Opcode, payload []byte) error {
	return p.do(nil, func(m *protocol.Machine) error { return m.Send(op, payload) })
}

// sendFragments sends a message in fragments, and calls between after each but the last.
func (p *peer) sendFragments(op protocol.Opcode, between func(), fragments ...[]byte) error {
	for i, fragment := range fragments {
		if i > 0 {
			between()
			op = protocol.Continuation
		}
		last := i == len(fragments)-1
		if err := p.do(nil, func(m *protocol.Machine) error { return m.SendFragment(op, fragment, last) }); err != nil {
			return err
		}
	}
	return nil
}

// sendTorn sends a message whose frame is written in two parts, and calls between after the first.
func (p *peer) sendTorn(op protocol.Opcode, payload []byte, between func()) error {
	return p.do(between, func(m *protocol.Machine) error { return m.Send(op, payload) })
}

// close sends a Close.
func (p *peer) close(code protocol.CloseCode, reason string) error {
	return p.do(nil, func(m *protocol.Machine) error { return m.Close(code, reason) })
}

// do calls a method of the machine and writes the output. If between is not nil, it is called in the middle of the output.
func (p *peer) do(between func(), call func(m *protocol.Machine) error) error {
	p.writing.Lock()
	p.mu.Lock()
	err := call(p.machine)
	p.mu.Unlock()
	if err == nil {
		err = p.write(between)
	}
	p.writing.Unlock()
	return errors.Join(err, p.flush())
}

// write writes the output of the machine. The caller holds writing.
func (p *peer) write(between func()) error {
	p.mu.Lock()
	output := p.machine.Output(nil)
	p.mu.Unlock()
	if len(output) == 0 {
		return nil
	}
	parts := [][]byte{output}
	if between != nil {
		parts = [][]byte{output[:len(output)/2], output[len(output)/2:]}
	}
	for i, part := range parts {
		if i > 0 {
			between()
		}
		if _, err := p.conn.Write(part); err != nil {
			return err
		}
	}
	p.mu.Lock()
	p.machine.Wrote(len(output))
	p.mu.Unlock()
	return nil
}

// flush writes what the machine has produced by itself, such as pongs, unless a goroutine writes, which does it afterwards.
func (p *peer) flush() error {
	for p.queued() {
		if !p.writing.TryLock() {
			return nil
		}
		err := p.write(nil)
		p.writing.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) queued() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.machine.Queued() > 0
}

// read reads until the connection ends, and calls handle for each event. It returns how the connection ended. An error is one of
// the transport before that.
func (p *peer) read(handle func(protocol.Event)) (protocol.Outcome, error) {
	for buffer := make([]byte, 32<<10); ; {
		events := p.next()
		for _, e := range events {
			handle(e)
		}
		if err := p.flush(); err != nil {
			return p.outcome(), err
		}
		if p.done() {
			return p.outcome(), p.conn.Close()
		}
		if len(events) > 0 {
			continue
		}
		n, err := p.in.Read(buffer)
		p.receive(buffer[:n], errors.Is(err, io.EOF))
		if err != nil && !errors.Is(err, io.EOF) {
			return p.outcome(), err
		}
	}
}

// next returns the events that have arrived.
func (p *peer) next() (events []protocol.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		e, ok := p.machine.Next()
		if !ok {
			return events
		}
		if !e.Owned {
			e.Payload = append([]byte(nil), e.Payload...)
		}
		events = append(events, e)
	}
}

// receive passes received bytes, and the end, to the machine.
func (p *peer) receive(data []byte, end bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.machine.Receive(data)
	if end {
		p.machine.ReceiveEOF()
	}
}

// done reports whether the connection has ended. It answers the peer's Close.
func (p *peer) done() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.machine.Done()
}

func (p *peer) outcome() protocol.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.machine.Outcome()
}

// answerClose answers the server's Close.
func (p *peer) answerClose() error {
	return p.do(nil, func(m *protocol.Machine) error { m.AnswerClose(); return nil })
}

// abort closes the transport.
func (p *peer) abort() { _ = p.conn.Close() }
