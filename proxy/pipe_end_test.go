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

// piped is a pipe in fake time, with both peers in the test's hands.
type piped struct {
	client, backend *peer
	ends            proxy.Ends
	took            time.Duration // until both connections had ended
	over            chan struct{}
}

// peer is the other end of a connection of a pipe.
type peer struct {
	*memconn.Conn
	masks bool
	got   bytes.Buffer // what it has read
}

func pipeOf(opts proxy.Options) *piped {
	near, far := memconn.Pipe()
	backendNear, backendFar := memconn.Pipe()
	opts.KeepAlive = -1
	p := &piped{client: &peer{Conn: far, masks: true}, backend: &peer{Conn: backendFar}, over: make(chan struct{})}
	client := driver.New(near, protocol.Server, nil, opts.Connection())
	backend := driver.New(backendNear, protocol.Client, nil, opts.Connection())
	for _, one := range []*peer{p.client, p.backend} {
		go func() { _, _ = io.Copy(&one.got, one.Conn) }()
	}
	go func() {
		began := time.Now()
		p.ends = proxy.Pipe(client, backend, opts)
		p.took = time.Since(began)
		close(p.over)
	}()
	synctest.Wait()
	return p
}

func (p *peer) frame(op protocol.Opcode, fin bool, payload string) {
	h := protocol.Header{Fin: fin, Opcode: op, Length: int64(len(payload)), Masked: p.masks}
	_, _ = p.Write(append(h.Append(nil), payload...))
	synctest.Wait()
}

// codes returns the codes of the Close frames that have arrived.
func (p *peer) codes() (codes []protocol.CloseCode) {
	for b := p.got.Bytes(); ; {
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

// RFC 6455, sections 7.1.1 and 7.1.7: a connection that has been failed gets our Close, and no reset that could destroy
// it on its way.
func TestProxyResetsNothingThatHasEnded(t *testing.T) {
	cut := proxy.Lost{Cut: true}
	for name, c := range map[string]struct {
		opts   proxy.Options
		happen func(p *piped)
		failed func(p *piped) *peer
	}{
		"the client breaks a rule": {proxy.Options{}, func(p *piped) { p.client.frame(brokenOpcode, true, "x") }, func(p *piped) *peer { return p.client }},
		"the client breaks a rule, and whoever loses the other is cut": {proxy.Options{BackendLost: cut}, func(p *piped) { p.client.frame(brokenOpcode, true, "x") },
			func(p *piped) *peer { return p.client }},
		"the backend breaks a rule, and whoever loses the other is cut": {proxy.Options{BackendLost: cut}, func(p *piped) { p.backend.frame(brokenOpcode, true, "x") },
			func(p *piped) *peer { return p.backend }},
		"the backend breaks a rule, and the client leaves by a bare FIN": {proxy.Options{}, func(p *piped) {
			p.backend.frame(brokenOpcode, true, "x")
			_ = p.client.CloseWrite()
		}, func(p *piped) *peer { return p.backend }},
		"the backend breaks a rule, and the client resets": {proxy.Options{}, func(p *piped) {
			p.backend.frame(brokenOpcode, true, "x")
			p.client.Reset()
		}, func(p *piped) *peer { return p.backend }},
		"both break a rule": {proxy.Options{BackendLost: cut}, func(p *piped) {
			go func() {
				_, _ = p.client.Write([]byte{0x83, 0x80, 0, 0, 0, 0})
			}()
			p.backend.frame(brokenOpcode, true, "")
		}, func(p *piped) *peer { // the one that was first
			if len(p.client.codes()) > 0 {
				return p.client
			}
			return p.backend
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pipeOf(c.opts)
				c.happen(p)
				synctest.Wait()
				failed := c.failed(p)
				if !failed.closedOnceWith(protocol.CloseProtocolError) || failed.RSTReceived() {
					t.Errorf("the side that has failed gets Close 1002 and no reset; got %v, reset %v", failed.codes(), failed.RSTReceived())
				}
				_ = p.client.Close()
				_ = p.backend.Close()
				<-p.over
				time.Sleep(time.Minute) // until the transports have lingered
			})
		})
	}
}

// A side whose other side is gone has the close timeout, not the time for a tail.
func TestProxyGoneSideIsNotWaitedFor(t *testing.T) {
	told := proxy.Lost{Code: protocol.CloseInternalError, Reason: "the client is gone"}
	for name, c := range map[string]struct {
		opts   proxy.Options
		happen func(p *piped)
		took   time.Duration
	}{
		"the backend ends TCP, and the client is mute":                {proxy.Options{}, func(p *piped) { _ = p.backend.CloseWrite() }, 5 * time.Second},
		"the backend resets, and the client is mute":                  {proxy.Options{}, func(p *piped) { p.backend.Reset() }, 5 * time.Second},
		"the backend breaks a rule, and the client is mute":           {proxy.Options{}, func(p *piped) { p.backend.frame(brokenOpcode, true, "x") }, 5 * time.Second},
		"the backend resets within a message, and the client is mute": {proxy.Options{}, func(p *piped) { p.backend.frame(protocol.Text, false, "x"); p.backend.Reset() }, 5 * time.Second},
		"the client resets, and the backend is mute":                  {proxy.Options{ClientLost: told}, func(p *piped) { p.client.Reset() }, 5 * time.Second},
		"the client resets after its Close, and the backend is mute": {proxy.Options{ClientLost: told}, func(p *piped) {
			p.client.frame(protocol.CloseFrame, true, "\x03\xe8")
			time.Sleep(time.Second)
			p.client.Reset()
		}, 6 * time.Second},
		"the backend resets after its Close, and the client is mute": {proxy.Options{}, func(p *piped) {
			p.backend.frame(protocol.CloseFrame, true, "\x03\xe8")
			p.backend.Reset()
		}, 5 * time.Second},
		"with a close timeout of its own": {proxy.Options{Options: driver.Options{CloseTimeout: 2 * time.Second}}, func(p *piped) { p.backend.Reset() }, 2 * time.Second},
		"the client closes, and the backend is mute but there": {proxy.Options{}, func(p *piped) {
			p.client.frame(protocol.CloseFrame, true, "\x03\xe8")
		}, 31 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pipeOf(c.opts)
				c.happen(p)
				<-p.over
				if p.took != c.took {
					t.Errorf("both connections have ended after %v; it took %v", c.took, p.took)
				}
				_ = p.client.Close()
				_ = p.backend.Close()
				time.Sleep(time.Minute)
			})
		})
	}
}
