package websocket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/internal/opening"
)

// web is a set of servers in memory. Each responds with a redirect or opens a WebSocket.
type web struct {
	locations map[string]string // status and Location of the redirects, by URL
	visits    []string          // the URLs of requests, with Host and the fields that may be secret
}

func (w *web) connect(_ context.Context, target *url.URL) (net.Conn, error) {
	place := target.String()
	return answering(func(nc net.Conn, a asked) {
		w.visits = append(w.visits, fmt.Sprintf("%s host=%s auth=%q cookie=%q own=%q",
			place, a.Host, a.Header.Get("Authorization"), a.Header.Get("cookie"), a.Header.Get("X-Own")))
		status, location, redirects := strings.Cut(w.locations[place], " ")
		if !redirects {
			switching(nc, a)
			return
		}
		_, _ = io.WriteString(nc, "HTTP/1.1 "+status+" Go\r\nLocation: "+location+"\r\nContent-Length: 0\r\n\r\n")
	})(nil, "", "")
}

func (w *web) dial(t *testing.T, at string, most int) error {
	c, err := Dial(t.Context(), at, &DialOptions{
		Options: Options{KeepAlive: -1}, Connect: w.connect, MaxRedirects: most, Host: "virtual",
		Header: http.Header{"cookie": {"a=b"}, "X-Own": {"1"}},
	})
	if err == nil {
		c.CloseNow()
	}
	return err
}

func TestDialRedirects(t *testing.T) {
	const user, none = `auth="Basic dTpw" cookie="a=b" own="1"`, `auth="" cookie="" own="1"`
	for name, c := range map[string]struct {
		locations map[string]string
		start     string
		visits    []string
	}{
		"each status, on the same host": {
			map[string]string{"ws://a/1": "301 /2", "ws://a/2": "302 ws://A:80/3", "ws://A:80/3": "303 4?q",
				"ws://A:80/4?q": "307 //a/5", "ws://a/5": "308 http://a/6#fragment"},
			"ws://u:p@a/1",
			[]string{"ws://a/1 host=virtual " + user, "ws://a/2 host=virtual " + user, "ws://A:80/3 host=virtual " + user,
				"ws://A:80/4?q host=virtual " + user, "ws://a/5 host=virtual " + user, "ws://a/6 host=virtual " + user},
		},
		"to another host and back": {
			map[string]string{"wss://a/1": "302 wss://x:y@b/", "wss://b/": "302 https://a/2"},
			"wss://u:p@a/1",
			[]string{"wss://a/1 host=virtual " + user, "wss://b/ host=b " + none, "wss://a/2 host=a " + none},
		},
		"to another port": {
			map[string]string{"ws://a/": "302 ws://a:81/"}, "ws://u:p@a/",
			[]string{"ws://a/ host=virtual " + user, "ws://a:81/ host=a:81 " + none},
		},
		"from ws to wss": {
			map[string]string{"ws://a/": "301 https://a/"}, "ws://u:p@a/",
			[]string{"ws://a/ host=virtual " + user, "wss://a/ host=a " + none},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &web{locations: c.locations}
				if err := w.dial(t, c.start, 5); err != nil {
					t.Errorf("the dial must follow redirects within the bound; got %v", err)
				}
				if !slices.Equal(w.visits, c.visits) {
					t.Errorf("the visits must be\n%s\ngot\n%s", strings.Join(c.visits, "\n"), strings.Join(w.visits, "\n"))
				}
			})
		})
	}
}

func TestDialRedirectsNotFollowed(t *testing.T) {
	plain := &handshake.Failure{}
	for name, c := range map[string]struct {
		location string
		start    string
		most     int
		want     error
		visits   int
	}{
		"by default":          {"302 /next", "ws://a/", 0, plain, 1},
		"too many":            {"302 /", "ws://a/", 3, opening.ErrRedirects, 4},
		"from wss to ws":      {"302 ws://a/", "wss://a/", 3, opening.ErrNotSecure, 1},
		"from https to http":  {"302 http://a/", "wss://a/", 3, opening.ErrNotSecure, 1},
		"to another protocol": {"302 ftp://a/", "ws://a/", 3, opening.ErrLocation, 1},
		"to an invalid URL":   {"302 http://%zz/", "ws://a/", 3, opening.ErrLocation, 1},
		"without a location":  {"302 ", "ws://a/", 3, plain, 1},
		"with another status": {"300 /next", "ws://a/", 3, plain, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &web{locations: map[string]string{c.start: c.location}}
				err := w.dial(t, c.start, c.most)
				failure := wantDialError(t, err, PhaseCheck)
				_, isPlain := errors.AsType[*handshake.Failure](err)
				if !errors.Is(err, c.want) && (!isPlain || !errors.Is(c.want, error(plain))) {
					t.Errorf("the error must be %v; got %v", c.want, err)
				}
				if failure.Status/100 != 3 || len(w.visits) != c.visits {
					t.Errorf("the error must have the status of the last of %d responses; got %d, %q", c.visits, failure.Status, w.visits)
				}
			})
		})
	}
}

func TestDialErrorAfterRedirect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{locations: map[string]string{"ws://a/": "302 ws://b/", "ws://b/": "404 "}}
		failure := wantDialError(t, w.dial(t, "ws://a/", 1), PhaseCheck)
		if failure.URL != "ws://b/" || failure.Status != 404 {
			t.Errorf("the error must be about the request that failed; got %q, %d", failure.URL, failure.Status)
		}
	})
}
