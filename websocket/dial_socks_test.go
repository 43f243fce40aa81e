package websocket

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket/internal/netlayer"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// socksProxy is a SOCKS proxy that connects to the same server for every request.
type socksProxy struct {
	url      *url.URL
	requests chan string // "name example.test:80", "user:password name …"
}

// serveSOCKS starts a proxy that requires a password, unless it is empty.
func serveSOCKS(t *testing.T, server, password string) *socksProxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p := &socksProxy{&url.URL{Scheme: "socks5h", Host: listener.Addr().String()}, make(chan string, 10)}
	go func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(nc, server, password)
		}
	}()
	return p
}

func (p *socksProxy) serve(nc net.Conn, server, password string) {
	defer func() { _ = nc.Close() }()
	r := bufio.NewReader(nc)
	text := func() string {
		n, _ := r.ReadByte()
		b := make([]byte, n)
		_, _ = io.ReadFull(r, b)
		return string(b)
	}
	_, _ = r.Discard(1) // the version
	methods, seen := text(), ""
	switch {
	case password == "":
		_, _ = nc.Write([]byte{5, 0})
	case !strings.Contains(methods, "\x02"):
		_, _ = nc.Write([]byte{5, 255})
		return
	default:
		_, _ = nc.Write([]byte{5, 2})
		_, _ = r.Discard(1)
		given := text() + ":" + text()
		if given != "user:"+password {
			_, _ = nc.Write([]byte{1, 1})
			return
		}
		_, _ = nc.Write([]byte{1, 0})
		seen = given + " "
	}
	var head [4]byte
	_, _ = io.ReadFull(r, head[:])
	switch head[3] {
	case 1, 4:
		b := make([]byte, map[byte]int{1: 4, 4: 16}[head[3]])
		_, _ = io.ReadFull(r, b)
		seen += "address " + net.IP(b).String()
	case 3:
		seen += "name " + text()
	}
	var port [2]byte
	_, _ = io.ReadFull(r, port[:])
	p.requests <- fmt.Sprintf("%s %d", seen, int(port[0])<<8|int(port[1]))
	to, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	_, _ = nc.Write(append([]byte{5, 0, 0, 3, 5}, "proxy\x00\x01"...)) // the bound address, as a name
	go func() { _, _ = io.Copy(to, r); netlayer.EndWriting(to) }()
	_, _ = io.Copy(nc, to)
}

func TestDialSOCKS(t *testing.T) {
	for name, c := range map[string]struct {
		scheme, host, password string
		want                   string
	}{
		"the proxy resolves the name":  {"socks5h", "chat.example.test", "", "name chat.example.test 80"},
		"with socks5 too, as net/http": {"socks5", "chat.example.test:8000", "", "name chat.example.test 8000"},
		"an IPv4 address":              {"socks5", "192.0.2.1:81", "", "address 192.0.2.1 81"},
		"an IPv6 address":              {"socks5", "[2001:db8::1]:82", "", "address 2001:db8::1 82"},
		"with a name and a password":   {"socks5h", "chat.example.test", "pass:word", "user:pass:word name chat.example.test 80"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, false, nil, newEcho)
			p := serveSOCKS(t, s.Addr, c.password)
			p.url.Scheme = c.scheme
			if c.password != "" {
				p.url.User = url.UserPassword("user", c.password)
			}
			conn, err := Dial(t.Context(), "ws://"+c.host+"/", &DialOptions{Proxy: http.ProxyURL(p.url)})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow()
			if got := <-p.requests; got != c.want {
				t.Errorf("the request to the proxy must be %q; got %q", c.want, got)
			}
			if err := conn.Write(t.Context(), Text, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			if _, message, err := conn.Read(t.Context()); err != nil || !bytes.Contains(message, []byte("hello")) {
				t.Errorf("the message must come back; got %q, %v", message, err)
			}
		})
	}
}

func TestDialSOCKSWithTLS(t *testing.T) {
	s := serve(t, true, nil, newEcho)
	p := serveSOCKS(t, s.Addr, "")
	config := wiretest.ClientConfig()
	config.ServerName = "localhost"
	conn, err := Dial(t.Context(), "wss://"+s.Addr+"/", &DialOptions{Proxy: http.ProxyURL(p.url), TLSConfig: config})
	if err != nil {
		t.Fatal(err)
	}
	conn.CloseNow()
}

func TestDialSOCKSFailures(t *testing.T) {
	for name, c := range map[string]struct {
		sent string // by the proxy, which waits after that
		user *url.Userinfo
		host string
		want string
	}{
		"another version":        {sent: "\x04\x5a", want: "SOCKS version 5"},
		"HTTP":                   {sent: "HTTP/1.1 400 Bad Request\r\n\r\n", want: "SOCKS version 5"},
		"a password is required": {sent: "\x05\xff", want: "add them to its URL"},
		"no authentication":      {sent: "\x05\xff", user: url.UserPassword("u", "secret"), want: "does not accept authentication"},
		"refuses the password":   {sent: "\x05\x02\x01\x01", user: url.UserPassword("u", "secret"), want: "refused the name"},
		"password too long":      {sent: "\x05\x02", user: url.UserPassword("u", strings.Repeat("secret", 50)), want: "at most 255"},
		"no rule allows it":      {sent: "\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", want: "not allowed by its rules"},
		"an unknown code":        {sent: "\x05\x00\x05\x63\x00\x01\x00\x00\x00\x00\x00\x00", want: "code 99"},
		"an unknown address":     {sent: "\x05\x00\x05\x00\x00\x09\x00", want: "not a reply of SOCKS"},
		"long host":              {sent: "\x05\x00", host: strings.Repeat("a.", 150) + "test", want: "255 bytes"},
		"ends":                   {sent: "", want: "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			opts := &DialOptions{
				Proxy: http.ProxyURL(&url.URL{Scheme: "socks5", Host: "proxy.test", User: c.user}),
				NetDial: func(_ context.Context, _, address string) (net.Conn, error) {
					if address != "proxy.test:1080" {
						t.Errorf("the default port of the proxy must be 1080; got %s", address)
					}
					near, far := net.Pipe()
					go func() {
						go func() { _, _ = io.Copy(io.Discard, far) }()
						_, _ = io.WriteString(far, c.sent)
						if c.sent == "" {
							_ = far.Close()
						}
					}()
					t.Cleanup(func() { _ = far.Close() })
					return near, nil
				},
			}
			host := c.host
			if host == "" {
				host = "chat.example.test"
			}
			_, err := Dial(t.Context(), "ws://"+host+"/", opts)
			var failure *DialError
			if !errors.As(err, &failure) || failure.Phase != PhaseProxy || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error must have PhaseProxy and the text %q, and no password; got %v", c.want, err)
			}
		})
	}
}

func TestDialSOCKSTimeout(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _ = far.Close() }()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	_, err := Dial(t.Context(), "ws://chat.example.test/", &DialOptions{
		Proxy:            http.ProxyURL(&url.URL{Scheme: "socks5h", Host: "proxy.test"}),
		NetDial:          func(context.Context, string, string) (net.Conn, error) { return near, nil },
		HandshakeTimeout: 10 * time.Millisecond,
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the dial must end after HandshakeTimeout; got %v", err)
	}
}

func TestDialUserAgent(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		want   []string
	}{
		"by default":          {nil, []string{"linger"}},
		"the application's":   {http.Header{"User-Agent": {"mine/1"}}, []string{"mine/1"}},
		"in another spelling": {http.Header{"user-agent": {"mine/2"}}, []string{"mine/2"}},
		"or none":             {http.Header{"User-Agent": nil}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			seen := make(chan []string, 1)
			web := newWeb(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen <- r.Header["User-Agent"]
				w.WriteHeader(http.StatusTeapot)
			}))
			_, _ = Dial(t.Context(), web, &DialOptions{Header: c.header})
			if got := <-seen; strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("the User-Agent of the request must be %q; got %q", c.want, got)
			}
		})
	}
}

// newWeb serves a handler and returns its URL.
func newWeb(t *testing.T, h http.Handler) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = web.Serve(listener) }()
	t.Cleanup(func() { _ = web.Close() })
	return "ws://" + listener.Addr().String() + "/"
}
