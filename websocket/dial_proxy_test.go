package websocket

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/netlayer"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// proxy is an HTTP proxy on a real socket that opens a tunnel for every request.
type proxy struct {
	url      *url.URL
	requests chan *http.Request
}

func serveProxy(t *testing.T, secure bool) *proxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p := &proxy{&url.URL{Scheme: "http", Host: listener.Addr().String()}, make(chan *http.Request, 10)}
	if secure {
		listener = tls.NewListener(listener, wiretest.ServerConfig(t))
		p.url.Scheme = "https"
	}
	go func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(nc)
		}
	}()
	return p
}

func (p *proxy) serve(nc net.Conn) {
	defer func() { _ = nc.Close() }()
	r := bufio.NewReader(nc)
	request, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	p.requests <- request
	server, err := net.Dial("tcp", request.RequestURI)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	_, _ = io.WriteString(nc, "HTTP/1.1 200 Connection established\r\n\r\n")
	done := make(chan struct{}, 2)
	pass := func(to net.Conn, from io.Reader) {
		_, _ = io.Copy(to, from)
		netlayer.EndWriting(to) // each direction of a tunnel ends separately
		done <- struct{}{}
	}
	go pass(server, r)
	go pass(nc, server)
	<-done
	<-done
}

func TestDialProxy(t *testing.T) {
	for _, secureProxy := range []bool{false, true} {
		t.Run(fmt.Sprintf("over TLS: %v", secureProxy), func(t *testing.T) {
			wiretest.Each(t, func(t *testing.T, secure bool) {
				p := serveProxy(t, secureProxy)
				p.url.User = url.UserPassword("user", "pass:word")
				s := serve(t, secure, nil, newEcho)
				config := wiretest.ClientConfig()
				config.ServerName = "localhost" // the name of the server, not of the proxy
				d, _, err := driver.Dial(t.Context(), schemes(secure)[0]+s.Addr, &DialOptions{Proxy: http.ProxyURL(p.url), TLSConfig: config})
				if err != nil {
					t.Fatal(err)
				}
				request := <-p.requests
				auth := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:pass:word"))
				if request.Method != "CONNECT" || request.Host != s.Addr || request.RequestURI != s.Addr || request.Header.Get("Proxy-Authorization") != auth {
					t.Errorf("the proxy must be asked for a tunnel to %s, with its password; got %v", s.Addr, request)
				}
				e := newEnds()
				d.Start(e)
				_, _ = d.Send(protocol.Text, []byte("hello"))
				_ = d.Close(4000, "bye")
				e.want(t, `clean, received 4000 "bye", sent 4000 "bye", first local, close`)
				wantDone(t, d) // close_notify and FIN have passed through the tunnel
				wantDone(t, s.Accepted(t))
			})
		})
	}
}

// The error of a failed tunnel has the phase and the response of the proxy.
func TestDialProxyFailures(t *testing.T) {
	for name, c := range map[string]struct {
		proxy  string
		answer string
		status int
		body   string
		text   string
	}{
		"refused":           {"http://u:secret@p:3128", "HTTP/1.1 407 No\r\nContent-Length: 4\r\n\r\npay!", 407, "pay!", "the proxy p:3128 answered CONNECT with status 407"},
		"switched":          {"http://p", goodAnswer + "\r\n", 101, "", "status 101"},
		"redirected":        {"http://p", "HTTP/1.1 302 Go\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 302, "", "status 302"},
		"not HTTP":          {"http://p", "220 smtp ready\r\n", 0, "", "malformed"},
		"a long head":       {"http://p", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 20_000), 0, "", "16 KiB"},
		"early bytes":       {"http://p", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxyz", 0, "", "before the request was sent"},
		"another protocol":  {"socks4://p", "", 0, "", "DialOptions.NetDial"},
		"no protocol":       {"p:3128", "", 0, "", "DialOptions.NetDial"},
		"choosing it fails": {"http://%zz", "", 0, "", "%zz"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := Dial(t.Context(), "ws://example.com", &DialOptions{
					Proxy: proxyAt(c.proxy), NetDial: answering(responding(c.answer)), MaxRedirects: 3})
				failure := wantDialError(t, err, PhaseProxy)
				if failure.Status != c.status || string(failure.Body) != c.body || !strings.Contains(err.Error(), c.text) {
					t.Errorf("the error must have status %d, body %q and the text %q; got %d, %q, %v", c.status, c.body, c.text, failure.Status, failure.Body, err)
				}
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("an error must not contain a password; got %v", err)
				}
			})
		})
	}
}

func TestDialProxyChoice(t *testing.T) {
	for raw, want := range map[string]string{"ws://example.com/x": "http://example.com/x", "wss://u:p@example.com": "https://example.com"} {
		cause := errors.New("not today")
		_, err := Dial(t.Context(), raw, &DialOptions{Proxy: func(r *http.Request) (*url.URL, error) {
			if r.URL.String() != want {
				t.Errorf("the proxy for %q must be chosen by the URL %q; got %q", raw, want, r.URL)
			}
			return nil, cause
		}})
		if _ = wantDialError(t, err, PhaseProxy); !errors.Is(err, cause) {
			t.Errorf("the error must wrap that of DialOptions.Proxy; got %v", err)
		}
	}
}

// net/http reads the environment once in a process, so the test starts other processes.
func TestDialProxyFromEnvironment(t *testing.T) {
	if os.Getenv("LINGER_DIAL") != "" {
		dialByEnvironment(t)
		return
	}
	for name, c := range map[string]struct {
		env  string
		url  string
		want string
	}{
		"ws":       {"HTTP_PROXY=http://plain.example:3128", "ws://example.com", "plain.example:3128"},
		"wss":      {"HTTPS_PROXY=http://secure.example", "wss://example.com", "secure.example:80"},
		"excepted": {"HTTPS_PROXY=http://secure.example", "wss://internal.example", "internal.example:443"},
		"disabled": {"HTTP_PROXY=http://plain.example:3128", "direct", "example.com:80"},
	} {
		t.Run(name, func(t *testing.T) {
			self := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDialProxyFromEnvironment$")
			self.Env = []string{c.env, "NO_PROXY=internal.example", "LINGER_DIAL=" + c.url, "GORACE=atexit_sleep_ms=0"}
			if out, _ := self.CombinedOutput(); !strings.Contains(string(out), "dialled "+c.want+"\n") {
				t.Errorf("the dial must go to %s; got %s", c.want, out)
			}
		})
	}
}

func dialByEnvironment(t *testing.T) {
	opts := &DialOptions{NetDial: func(_ context.Context, _, addr string) (net.Conn, error) {
		fmt.Printf("dialled %s\n", addr)
		return nil, net.ErrClosed
	}}
	target := os.Getenv("LINGER_DIAL")
	if target == "direct" {
		target, opts.Proxy = "ws://example.com", NoProxy
	}
	_, err := Dial(t.Context(), target, opts)
	if err == nil {
		t.Error("the dial must fail")
	}
}
