package linger_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memconn"
)

// wantRoom checks that a server of one connection, and one for each address, has
// forgotten the last request.
func (s *service) wantRoom() {
	s.t.Helper()
	s.wantNoEnd()
	s.wantEmpty()
	if n := s.Subscribers("lobby"); n != 0 {
		s.t.Errorf("no subscription is left; got %d", n)
	}
	if r := s.client().request("Sec-WebSocket-Protocol: room"); r.StatusCode != http.StatusSwitchingProtocols {
		s.t.Errorf("there is room for the next one; got %s", r.Status)
	}
}

// oneGuest has room for one, and accepts who offers the subprotocol "room" at once.
var oneGuest = linger.Options{MaxConnections: 1, MaxPerAddress: 1, Subprotocols: []string{"room"}, UpgradeTimeout: 10 * time.Second}

// lobby accepts; then what has to fail may happen.
func lobby(then func(*linger.Upgrade)) func(*linger.Upgrade) {
	return func(u *linger.Upgrade) {
		if socket, _ := u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}}); socket.Subprotocol() == "" {
			then(u)
		}
	}
}

func TestServerBadHandshakeLeavesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, oneGuest)
		for _, line := range []string{"Origin: https://evil.test", "Sec-WebSocket-Version: 8"} {
			if r := s.client().request(line); r.StatusCode < 400 {
				t.Errorf("a handshake with %s is refused; got %s", line, r.Status)
			}
		}
		s.wantRoom()
	})
}

func TestServerShutdownDuringUpgradeLeavesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: lobby(func(*linger.Upgrade) { <-next })}, oneGuest)
		c := s.client()
		c.ask()
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- s.Shutdown(context.Background()) }()
		synctest.Wait()
		close(next)
		if r := c.answer(); r.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a request that is accepted during a shutdown gets 503; got %s", r.Status)
		}
		wantFailedHandshake(t, s.end())
		wantError(t, "the shutdown waits for it, and for nothing else", <-done, nil)
		s.wantNoEnd()
		s.wantEmpty()
	})
}

// stiff is a response writer without Hijack.
type stiff struct{ http.ResponseWriter }

func TestUpgradeWithoutHijackLeavesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := memconn.Listen()
		s := &service{t: t, ends: make(chan *linger.Close, 9), dial: func() (net.Conn, error) { return l.Dial() }}
		s.Server = linger.NewServer(linger.HandlerFuncs{
			OnUpgrade: lobby(func(*linger.Upgrade) {}),
			OnClose:   func(c *linger.Close) { s.ends <- c },
		}, oneGuest)
		web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Stiff") != "" {
				w = stiff{w}
			}
			s.ServeHTTP(w, r)
		})}
		go func() { _ = web.Serve(l) }()
		t.Cleanup(func() { _ = web.Close() })
		if r := s.client().request("Stiff: yes"); r.StatusCode != http.StatusInternalServerError {
			t.Errorf("a transport that cannot switch protocols is 500; got %s", r.Status)
		}
		wantFailedHandshake(t, s.end())
		s.wantRoom()
	})
}

// A handler that hangs needs a goroutine and a descriptor, whatever response the
// client has got.
func TestUpgradeTimeoutCountsUntilReturn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: lobby(func(u *linger.Upgrade) {
			time.Sleep(time.Hour)
			_, err := u.Accept(linger.AcceptOptions{})
			wantError(t, "after its time it cannot accept", err, linger.ErrAnswered)
			wantError(t, "nor respond", u.Respond(http.NotFound), linger.ErrAnswered)
		})}, oneGuest)
		if r := s.client().request(); r.StatusCode != http.StatusGatewayTimeout || !r.Close {
			t.Errorf("a client need not wait for the handler: it gets 504, and its connection is closed; got %s, %v", r.Status, r.Header)
		}
		wantFailedHandshake(t, s.end())
		s.refused(http.StatusTooManyRequests, "10")
		time.Sleep(time.Hour)
		s.wantRoom()
	})
}

// stalledWriter is the response to a client that does not read: Write blocks until released is closed.
type stalledWriter struct {
	http.ResponseWriter
	writing, released chan struct{}
}

func (w stalledWriter) Write(b []byte) (int, error) {
	close(w.writing)
	<-w.released
	return w.ResponseWriter.Write(b)
}

func TestUpgradeTimeoutSlowClient(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	w := stalledWriter{recorder, make(chan struct{}), make(chan struct{})}
	handled, served := make(chan struct{}), make(chan struct{})
	s := linger.NewServer(linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
		defer close(handled)
		<-w.writing
		_, err := u.Accept(linger.AcceptOptions{})
		wantError(t, "after its time the handler cannot accept", err, linger.ErrAnswered)
		wantError(t, "nor respond", u.Respond(http.NotFound), linger.ErrAnswered)
		u.Fail(http.StatusTeapot, "late")
	}}, linger.Options{UpgradeTimeout: time.Millisecond})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		r.Header.Set(name, value)
	}
	go func() { defer close(served); s.ServeHTTP(w, r) }()
	select {
	case <-handled:
	case <-time.After(30 * time.Second):
		t.Error("the handler's calls wait for a client that does not read the 504")
	}
	select {
	case <-served:
		t.Error("ServeHTTP returns while the 504 is being written")
	case <-time.After(20 * time.Millisecond): // a server that returns too early mostly does so within this time
	}
	close(w.released)
	<-served
	if recorder.Code != http.StatusGatewayTimeout {
		t.Errorf("a handler whose time is over is 504; got %d %s", recorder.Code, recorder.Body)
	}
}

// nestedAccept accepts the request while it is encoded as the data of an earlier call.
type nestedAccept struct {
	u   *linger.Upgrade
	err *error
}

func (n nestedAccept) MarshalJSON() ([]byte, error) {
	_, *n.err = n.u.Accept(linger.AcceptOptions{})
	return []byte("1"), nil
}

func TestUpgradeAcceptMarshalerUsesUpgrade(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var inner, outer error
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			_, outer = u.Accept(linger.AcceptOptions{Data: nestedAccept{u, &inner}})
		}}, linger.Options{})
		s.connect().leave()
		wantError(t, "the call that ends first accepts", inner, nil)
		wantError(t, "the other is too late", outer, linger.ErrAnswered)
		s.end()
	})
}

func TestUpgradeTimeoutDuringResponse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, respond(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
				w.WriteHeader(http.StatusTeapot)
			case <-time.After(time.Minute):
			}
		}), oneGuest)
		if r := s.client().request(); r.StatusCode != http.StatusOK {
			t.Errorf("the handler's time does not end a response that has begun; got %s", r.Status)
		}
	})
}

// A handler may end the context it has made for itself.
func TestUpgradeTimeoutOwnContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			ctx, cancel := context.WithTimeout(u.Request.Context(), time.Second)
			defer cancel()
			u.Request = u.Request.WithContext(ctx)
			<-ctx.Done()
			_, _ = u.Accept(linger.AcceptOptions{})
		}}, oneGuest)
		s.connect().leave()
		s.end()
	})
}

func TestUpgradeTimeoutContextEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) { <-u.Request.Context().Done() }}, oneGuest)
		for range 100 { // the handler's return and the answer in time race
			if r := s.client().request(); r.StatusCode != http.StatusGatewayTimeout {
				t.Fatalf("a handler that ends with its time is 504; got %s", r.Status)
			}
			synctest.Wait()
		}
	})
}

func TestUpgradeTimeoutThenAccept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		returned := make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			defer close(returned)
			<-u.Request.Context().Done()
			synctest.Wait() // the client has its answer
			_, err := u.Accept(linger.AcceptOptions{})
			wantError(t, "after its time a handler cannot accept", err, linger.ErrAnswered)
			wantError(t, "nor respond", u.Respond(func(http.ResponseWriter, *http.Request) {
				t.Error("a response that is refused is not written; it was")
			}), linger.ErrAnswered)
		}}, linger.Options{})
		began := time.Now()
		if r := s.client().request(); r.StatusCode != http.StatusGatewayTimeout || time.Since(began) != 30*time.Second {
			t.Errorf("by default a handler has 30 s, then the answer is 504; got %s after %v", r.Status, time.Since(began))
		}
		<-returned
		s.wantEmpty()
		s.wantNoEnd()
	})
}
