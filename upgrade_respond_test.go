package linger_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger"
)

// respond returns an upgrade handler that answers without a WebSocket.
func respond(h http.HandlerFunc) linger.HandlerFuncs {
	return linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) { _ = u.Respond(h) }}
}

func TestUpgradeRespond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, respond(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Path", r.URL.Path)
			w.Header().Add("Set-Cookie", "a=1")
			w.Header().Add("Set-Cookie", "b=2, c")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte{0, 0xff, 'n', 'o'})
		}), linger.Options{})
		c := s.client()
		for range 2 { // the HTTP connection stays usable
			r := c.request()
			body, _ := io.ReadAll(r.Body)
			if r.StatusCode != http.StatusUnauthorized || string(body) != "\x00\xffno" || r.Header.Get("X-Path") != "/chat" {
				t.Errorf("the response reaches the client as it is; got %s, %v, %q", r.Status, r.Header, body)
			}
			if cookies := r.Header.Values("Set-Cookie"); !slices.Equal(cookies, []string{"a=1", "b=2, c"}) {
				t.Errorf("each cookie has its own line; got %q", cookies)
			}
		}
		s.wantEmpty()
		s.wantNoEnd()
	})
}

func TestUpgradeRespondStreams(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		s := serve(t, respond(func(w http.ResponseWriter, _ *http.Request) {
			flusher, direct := w.(http.Flusher)
			for i := range 3 {
				_, _ = fmt.Fprintln(w, i)
				if direct {
					flusher.Flush()
				}
				<-next
			}
		}), linger.Options{})
		c := s.client()
		c.ask()
		r, err := http.ReadResponse(c.r, nil)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(r.Body)
		for i := range 3 {
			if line, err := lines.ReadString('\n'); line != fmt.Sprintln(i) {
				t.Fatalf("what the handler flushed arrives before it writes more; line %d is %q, %v", i, line, err)
			}
			next <- true
		}
	})
}

func TestUpgradeRespondHijacks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, respond(func(w http.ResponseWriter, _ *http.Request) {
			nc, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Errorf("a response may take the transport over; got %v", err)
				return
			}
			_, _ = io.WriteString(nc, "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n")
			_ = nc.Close()
		}), linger.Options{})
		if r := s.client().request(); r.StatusCode != http.StatusTeapot {
			t.Errorf("what was written on the transport arrives; got %s", r.Status)
		}
	})
}

func TestUpgradeRespondPanics(t *testing.T) {
	for name, fail := range map[string]func(){"panic": func() { panic("no") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, respond(func(http.ResponseWriter, *http.Request) { fail() }), linger.Options{})
				if r := s.client().request(); r.StatusCode != http.StatusInternalServerError {
					t.Errorf("a response that failed before it began is 500; got %s", r.Status)
				}
			})
		})
	}
}

func TestUpgradeRespondPanicsHalfway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, respond(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half of it")
			panic("no")
		}), linger.Options{})
		c := s.client()
		c.ask()
		r, err := http.ReadResponse(c.r, nil)
		if err == nil {
			_, err = io.ReadAll(r.Body)
		}
		if err == nil {
			t.Error("a response that failed halfway does not look whole to the client; it does")
		}
	})
}

func TestUpgradeRespondOnAnotherGoroutine(t *testing.T) {
	bubble(t, func(t *testing.T) {
		begun, next := make(chan bool), make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			go func() {
				_ = u.Respond(func(w http.ResponseWriter, _ *http.Request) {
					close(begun)
					<-next
					w.WriteHeader(http.StatusTeapot)
				})
			}()
			<-begun
		}}, linger.Options{})
		c := s.client()
		c.ask()
		synctest.Wait() // the upgrade handler has returned
		close(next)
		if r := c.answer(); r.StatusCode != http.StatusTeapot {
			t.Errorf("a response that another goroutine is writing is finished; got %s", r.Status)
		}
	})
}

func TestUpgradeIsAnsweredOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		late := make(chan *linger.Upgrade, 2)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			defer func() { late <- u }()
			if u.Request.URL.Query().Get("room") == "" {
				return
			}
			if _, err := u.Accept(linger.AcceptOptions{}); err != nil {
				t.Errorf("the first answer counts; got %v", err)
			}
			_, err := u.Accept(linger.AcceptOptions{})
			wantError(t, "a second Accept is refused", err, linger.ErrAnswered)
			wantError(t, "Respond after Accept is refused", u.Respond(http.NotFound), linger.ErrAnswered)
		}}, linger.Options{})
		c := s.connect()
		u := <-late
		_, err := u.Accept(linger.AcceptOptions{})
		wantError(t, "Accept after the handler has returned is refused", err, linger.ErrAnswered)
		c.leave()
		s.end()
		s.wantEmpty()
	})
}

func TestUpgradeAcceptWithinRespond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			_ = u.Respond(func(w http.ResponseWriter, _ *http.Request) {
				_, err := u.Accept(linger.AcceptOptions{})
				wantError(t, "a request that is being answered cannot be accepted", err, linger.ErrAnswered)
				wantError(t, "nor answered a second time", u.Respond(http.NotFound), linger.ErrAnswered)
				w.WriteHeader(http.StatusForbidden)
			})
		}}, linger.Options{})
		if r := s.client().request(); r.StatusCode != http.StatusForbidden {
			t.Errorf("the first answer counts; got %s", r.Status)
		}
		s.wantEmpty()
	})
}
