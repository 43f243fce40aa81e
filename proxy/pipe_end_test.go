package proxy_test

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket/driver"
)

// testPipe is a Pipe in fake time whose peers the test controls.
type testPipe struct {
	client, backend *peer
	ends            proxy.Ends
	took            time.Duration // the time until both connections ended
	returned        chan struct{} // closed when Pipe has returned
}

// peer is the peer of a connection of a pipe. It sends frames without enforcing the
// protocol.
type peer struct {
	*memconn.Conn
	masks    bool
	received bytes.Buffer
}

func newTestPipe(opts proxy.Options) *testPipe {
	near, far := memconn.Pipe()
	backendNear, backendFar := memconn.Pipe()
	opts.KeepAlive = -1
	p := &testPipe{client: &peer{Conn: far, masks: true}, backend: &peer{Conn: backendFar}, returned: make(chan struct{})}
	client := driver.New(near, protocol.Server, nil, opts.Connection())
	backend := driver.New(backendNear, protocol.Client, nil, opts.Connection())
	for _, one := range []*peer{p.client, p.backend} {
		go func() { _, _ = io.Copy(&one.received, one.Conn) }()
	}
	go func() {
		began := time.Now()
		p.ends = proxy.Pipe(client, backend, opts)
		p.took = time.Since(began)
		close(p.returned)
	}()
	synctest.Wait()
	return p
}

func (p *peer) frame(op protocol.Opcode, fin bool, payload string) {
	h := protocol.Header{Fin: fin, Opcode: op, Length: int64(len(payload)), Masked: p.masks}
	_, _ = p.Write(append(h.Append(nil), payload...))
	synctest.Wait()
}

// codes returns the codes of the received Close frames.
func (p *peer) codes() (codes []protocol.CloseCode) {
	for b := p.received.Bytes(); ; {
		h, size, violation := protocol.ParseHeader(b)
		if size == 0 || violation != nil {
			return codes
		}
		payload := b[size : size+int(h.Length)]
		b = b[size+int(h.Length):]
		if h.Masked {
			protocol.Mask(h.Key, 0, payload)
		}
		if h.Opcode == protocol.CloseFrame && len(payload) > 1 {
			codes = append(codes, protocol.CloseCode(payload[0])<<8|protocol.CloseCode(payload[1]))
		}
	}
}

func (p *peer) closedOnceWith(code protocol.CloseCode) bool {
	codes := p.codes()
	return len(codes) == 1 && codes[0] == code
}

const brokenOpcode = protocol.Opcode(3)

// A peer that violates the protocol receives our Close, and no reset that could destroy the Close in transit (RFC 6455,
// sections 7.1.1 and 7.1.7).
func TestPipeViolationWithoutReset(t *testing.T) {
	abort := proxy.Lost{Abort: true}
	for name, c := range map[string]struct {
		opts   proxy.Options
		happen func(p *testPipe)
		failed func(p *testPipe) *peer
	}{
		"the client violates the protocol": {proxy.Options{}, func(p *testPipe) { p.client.frame(brokenOpcode, true, "x") }, func(p *testPipe) *peer { return p.client }},
		"the client violates the protocol, with aborts after a loss": {proxy.Options{BackendLost: abort}, func(p *testPipe) { p.client.frame(brokenOpcode, true, "x") },
			func(p *testPipe) *peer { return p.client }},
		"the backend violates the protocol, with aborts after a loss": {proxy.Options{BackendLost: abort}, func(p *testPipe) { p.backend.frame(brokenOpcode, true, "x") },
			func(p *testPipe) *peer { return p.backend }},
		"the backend violates the protocol, and the client ends TCP without a Close": {proxy.Options{}, func(p *testPipe) {
			p.backend.frame(brokenOpcode, true, "x")
			_ = p.client.CloseWrite()
		}, func(p *testPipe) *peer { return p.backend }},
		"the backend violates the protocol, and the client resets": {proxy.Options{}, func(p *testPipe) {
			p.backend.frame(brokenOpcode, true, "x")
			p.client.Reset()
		}, func(p *testPipe) *peer { return p.backend }},
		"both violate the protocol": {proxy.Options{BackendLost: abort}, func(p *testPipe) {
			go func() {
				_, _ = p.client.Write([]byte{0x83, 0x80, 0, 0, 0, 0})
			}()
			p.backend.frame(brokenOpcode, true, "")
		}, func(p *testPipe) *peer { // the one that failed first
			if len(p.client.codes()) > 0 {
				return p.client
			}
			return p.backend
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newTestPipe(c.opts)
				c.happen(p)
				synctest.Wait()
				failed := c.failed(p)
				if !failed.closedOnceWith(protocol.CloseProtocolError) || failed.RSTReceived() {
					t.Errorf("the failed peer receives the codes %v and a reset: %v; expected 1002 and no reset", failed.codes(), failed.RSTReceived())
				}
				_ = p.client.Close()
				_ = p.backend.Close()
				<-p.returned
				time.Sleep(time.Minute) // until the lingering close is complete
			})
		})
	}
}

// After one connection is lost the close timeout applies to the other, and not the longer half-open timeout.
func TestPipeLostCloseTimeout(t *testing.T) {
	lost := proxy.Lost{Code: protocol.CloseInternalError, Reason: "the client is gone"}
	for name, c := range map[string]struct {
		opts   proxy.Options
		happen func(p *testPipe)
		took   time.Duration
	}{
		"the backend ends TCP, and the client is silent":                {proxy.Options{}, func(p *testPipe) { _ = p.backend.CloseWrite() }, 5 * time.Second},
		"the backend resets, and the client is silent":                  {proxy.Options{}, func(p *testPipe) { p.backend.Reset() }, 5 * time.Second},
		"the backend violates the protocol, and the client is silent":   {proxy.Options{}, func(p *testPipe) { p.backend.frame(brokenOpcode, true, "x") }, 5 * time.Second},
		"the backend resets within a message, and the client is silent": {proxy.Options{}, func(p *testPipe) { p.backend.frame(protocol.Text, false, "x"); p.backend.Reset() }, 5 * time.Second},
		"the client resets, and the backend is silent":                  {proxy.Options{ClientLost: lost}, func(p *testPipe) { p.client.Reset() }, 5 * time.Second},
		"the client resets after its Close, and the backend is silent": {proxy.Options{ClientLost: lost}, func(p *testPipe) {
			p.client.frame(protocol.CloseFrame, true, "\x03\xe8")
			time.Sleep(time.Second)
			p.client.Reset()
		}, 6 * time.Second},
		"the backend resets after its Close, and the client is silent": {proxy.Options{}, func(p *testPipe) {
			p.backend.frame(protocol.CloseFrame, true, "\x03\xe8")
			p.backend.Reset()
		}, 5 * time.Second},
		"with a configured close timeout": {proxy.Options{Options: driver.Options{CloseTimeout: 2 * time.Second}}, func(p *testPipe) { p.backend.Reset() }, 2 * time.Second},
		"the client closes, and the backend is silent but not lost": {proxy.Options{}, func(p *testPipe) {
			p.client.frame(protocol.CloseFrame, true, "\x03\xe8")
		}, 31 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newTestPipe(c.opts)
				c.happen(p)
				<-p.returned
				if p.took != c.took {
					t.Errorf("both connections end after %v, expected %v", p.took, c.took)
				}
				_ = p.client.Close()
				_ = p.backend.Close()
				time.Sleep(time.Minute)
			})
		})
	}
}
