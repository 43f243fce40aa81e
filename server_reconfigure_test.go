package linger_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// reconfigure changes single options of a server, and fails the test if one cannot change.
func (s *service) reconfigure(change func(o *linger.Options)) {
	s.t.Helper()
	o := s.Options()
	change(&o)
	if fixed := s.Reconfigure(o); len(fixed) > 0 {
		s.t.Errorf("these options can change; got %q as those that cannot", fixed)
	}
}

func TestServerReconfigureAdmission(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{})
		first, second := s.connect(), s.connect()
		s.reconfigure(func(o *linger.Options) { o.MaxConnections = 1 })
		if got := s.client().request().StatusCode; got != http.StatusServiceUnavailable {
			t.Errorf("a request beyond the new number of connections gets 503; got %d", got)
		}
		first.text("still here")
		first.want("text still here")
		second.text("and here")
		second.want("text and here")

		s.reconfigure(func(o *linger.Options) { o.MaxConnections = 10 })
		if got := s.client().request("Origin: https://example.com").StatusCode; got != http.StatusForbidden {
			t.Errorf("the origin is not allowed yet: 403; got %d", got)
		}
		origins, err := linger.Origins("https://example.com")
		if err != nil {
			t.Fatal(err)
		}
		s.reconfigure(func(o *linger.Options) { o.Origins, o.Subprotocols = origins, []string{"chat.v2"} })
		c := s.connect("Origin: https://example.com", "Sec-WebSocket-Protocol: chat.v2")
		if got := c.response.Header.Get("Sec-WebSocket-Protocol"); got != "chat.v2" {
			t.Errorf("the new subprotocol is chosen; got %q", got)
		}
	})
}

func TestServerReconfigureMaxPerAddress(t *testing.T) {
	s := serveTCP(t, linger.HandlerFuncs{}, linger.Options{})
	s.connect()
	s.connect()
	s.reconfigure(func(o *linger.Options) { o.MaxPerAddress = 2 })
	if got := s.client().request().StatusCode; got != http.StatusTooManyRequests {
		t.Errorf("connections that were opened without the bound count too: 429; got %d", got)
	}
}

func TestServerReconfigureNode(t *testing.T) {
	s := linger.NewServer(linger.HandlerFuncs{}, linger.Options{Node: "one"})
	if fixed := s.Reconfigure(linger.Options{Node: "two", MaxChannels: 3}); !slices.Equal(fixed, []string{"Node"}) {
		t.Errorf("the node cannot change, and is named; got %q", fixed)
	}
	if o := s.Options(); o.Node != "one" || o.MaxChannels != 3 {
		t.Errorf("the node stays, and the other options change; got %q, %d", o.Node, o.MaxChannels)
	}
	if fixed := s.Reconfigure(linger.Options{}); len(fixed) > 0 || s.Options().Node != "one" {
		t.Errorf("no name means the present one; got %q, node %q", fixed, s.Options().Node)
	}
}

func TestServerReconfigureExistingConnections(t *testing.T) {
	for name, compression := range map[string]*websocket.CompressionOptions{"": nil, "with compression": {}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{Options: websocket.Options{Compression: compression}})
				c := s.connect("Sec-WebSocket-Extensions: permessage-deflate")
				c.text(text(2000))
				synctest.Wait()
				s.reconfigure(func(o *linger.Options) { o.MaxMessage = 1000 })
				c.text(text(1001))
				if end := s.end(); end.Sent.Code != protocol.CloseMessageTooBig {
					t.Errorf("the new length of messages applies to connections that exist: 1009; got %+v", end.Outcome)
				}
			})
		})
	}
}

func TestServerReconfigureFragments(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{})
		c := s.connect()
		begin := frame(protocol.Text, []byte(text(500)))
		begin[0] &^= 0x80 // FIN
		c.write(begin)
		synctest.Wait()
		s.reconfigure(func(o *linger.Options) { o.MaxMessage = 400 })
		c.write(frame(protocol.Continuation, nil))
		if end := s.end(); end.Sent.Code != protocol.CloseMessageTooBig {
			t.Errorf("a message that is being received fails with its next frame: 1009; got %+v", end.Outcome)
		}
	})
}

func TestServerReconfigureKeepAlive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{Options: websocket.Options{KeepAlive: -1}})
		s.connect()
		time.Sleep(24 * time.Hour)
		s.wantNoEnd()
		s.reconfigure(func(o *linger.Options) { o.KeepAlive = 10 * time.Second })
		began := time.Now()
		if end := s.end(); end.Cause != protocol.Cause("keepalive") || time.Since(began) > 40*time.Second {
			t.Errorf("a silent peer is pinged, and closed after two pings; got %q after %v", end.Cause, time.Since(began))
		}
	})
}

// Ends that a new bound causes are spread, because the clients reconnect.
func TestServerReconfigureLifetime(t *testing.T) {
	const connections = 100
	for name, change := range map[string]struct {
		options        linger.Options
		cause          protocol.Cause
		earliest, last time.Duration
	}{
		"idle":     {linger.Options{IdleTimeout: time.Minute}, linger.CauseIdle, time.Minute, 2 * time.Minute},
		"lifetime": {linger.Options{MaxLifetime: time.Hour}, linger.CauseLifetime, 0, 12 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, linger.HandlerFuncs{}, linger.Options{Options: websocket.Options{KeepAlive: -1, CloseTimeout: time.Millisecond}})
				for range connections {
					s.connect()
				}
				time.Sleep(24 * time.Hour)
				s.wantNoEnd()
				s.reconfigure(func(o *linger.Options) {
					o.IdleTimeout, o.MaxLifetime = change.options.IdleTimeout, change.options.MaxLifetime
				})
				began, middle := time.Now(), 0
				for range connections {
					end := s.end()
					after := time.Since(began)
					if end.Cause != change.cause || after < change.earliest || after > change.last+time.Second {
						t.Errorf("each connection ends from %v to %v after the change, cause %s; got %v, %s", change.earliest, change.last, change.cause, after, end.Cause)
					}
					if after < (change.earliest+change.last)/2 {
						middle++
					}
				}
				if middle < connections/5 || middle > connections/5*4 {
					t.Errorf("the ends are spread over the time: about half in its first half; got %d of %d", middle, connections)
				}
			})
		})
	}
}

func TestServerReconfigureIdleTimeoutOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{Options: websocket.Options{KeepAlive: -1}, IdleTimeout: time.Minute, MaxLifetime: time.Hour})
		s.connect()
		time.Sleep(30 * time.Second)
		s.reconfigure(func(o *linger.Options) { o.IdleTimeout, o.MaxLifetime = 0, 0 })
		time.Sleep(24 * time.Hour)
		s.wantNoEnd()
	})
}

func TestServerReconfigureSendQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets)},
			linger.Options{Options: websocket.Options{WriteTimeout: -1, KeepAlive: -1}, SendQueue: 1000, Policy: linger.PolicyBlock})
		c := s.connect()
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(10)
		socket := <-sockets
		synctest.Wait() // for the end of the upgrade handler
		var sending sync.WaitGroup
		sending.Go(func() {
			for range 10 {
				if err := socket.Send(linger.Text(text(900))); err != nil {
					t.Errorf("a sender that waits is not refused; got %v", err)
				}
			}
		})
		synctest.Wait()
		before := socket.Buffered()
		s.reconfigure(func(o *linger.Options) { o.SendQueue = 5000 })
		synctest.Wait()
		if after := socket.Buffered(); before > 2000 || after < 5000 {
			t.Errorf("a sender that waits continues up to the larger queue; got %d bytes before and %d after", before, after)
		}
		s.reconfigure(func(o *linger.Options) { o.SendQueue = 100 }) // less than waits, and than the high watermark until now
		for range 10 {
			c.want("text " + text(900))
		}
		sending.Wait()
	})
}

func TestServerReconfigureMaxMemory(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets)},
			linger.Options{Options: websocket.Options{WriteTimeout: -1, KeepAlive: -1}, MaxMemory: -1})
		s.connect().nc.(interface{ SetCapacity(bytes int) }).SetCapacity(10)
		synctest.Wait() // for the end of the upgrade handler
		if err := (<-sockets).Send(linger.Text(text(100_000))); err != nil {
			t.Fatal(err)
		}
		s.wantNoEnd()
		s.reconfigure(func(o *linger.Options) { o.MaxMemory = 50_000 })
		if end := s.end(); end.Cause != linger.CauseMemory {
			t.Errorf("what was held without a bound counts when there is one; got %+v", end.Outcome)
		}
	})
}

func TestServerReconfigureUnderTraffic(t *testing.T) {
	s := serveTCP(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{AccessLog: nil})
	done := make(chan struct{})
	var changing, talking sync.WaitGroup
	for i := range 2 {
		changing.Go(func() {
			for n := 1; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				s.reconfigure(func(o *linger.Options) {
					o.MaxMessage = int64(1000 + n%7)
					o.IdleTimeout, o.MaxLifetime = time.Duration(n%2)*time.Hour, time.Duration(i)*time.Hour
					o.SendQueue, o.KeepAlive, o.WriteTimeout = 10_000+n%3, time.Duration(n%5+1)*time.Minute, time.Duration(n%3+1)*time.Minute
				})
			}
		})
	}
	for range 8 {
		talking.Go(func() {
			for range 5 {
				c := s.connect()
				for range 50 {
					c.text("hello")
					c.want("text hello")
				}
			}
		})
	}
	talking.Wait()
	close(done)
	changing.Wait()
	if n := s.Count(); n != 40 {
		t.Errorf("every connection stays; got %d", n)
	}
}
