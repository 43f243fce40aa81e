package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/cmd/linger/internal/listen"
	"github.com/lingerws/linger/cmd/linger/internal/systemd"
	"github.com/lingerws/linger/websocket"
)

// newCertificate returns the PEM text of a certificate for localhost and 127.0.0.1, with its key.
func newCertificate() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...), err
}

// writeCertificate writes a certificate with its key to a file, and returns its path.
func writeCertificate(t testing.TB) string {
	t.Helper()
	text, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "server.pem")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// openWith returns the listeners for the flags of a server.
func openWith(t *testing.T, args ...string) (*listeners, error) {
	t.Helper()
	c, err := parse(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	passed, err := listen.FromManager()
	if err != nil {
		t.Fatal(err)
	}
	return c.openListeners(passed, t.TempDir(), uncounted{}, slog.New(slog.DiscardHandler))
}

// serveWith serves an echo on the listeners for the flags of a server. Plain requests get their protocol.
func serveWith(t *testing.T, args ...string) *listeners {
	t.Helper()
	ls, err := openWith(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	app := linger.NewServer(linger.HandlerFuncs{OnMessage: func(m *linger.Message) { _ = m.Socket.Send(linger.Text(m.String())) }}, linger.Options{
		Fallback: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				w.WriteHeader(http.StatusRequestTimeout)
			}
			_, _ = fmt.Fprint(w, r.Proto)
		}),
	})
	signals, served := make(chan os.Signal, 1), make(chan error, 1)
	go func() {
		served <- service{
			handler:       func(net.Addr) http.Handler { return app },
			log:           slog.New(slog.DiscardHandler),
			headerTimeout: testTimeout, bodyTimeout: 100 * time.Millisecond, shutdownTimeout: testTimeout,
			connections: app.Count, shutdown: app.Shutdown,
			drains: drainsOf(), manager: systemd.New(slog.New(slog.DiscardHandler)),
		}.serve(ls, signals)
	}()
	t.Cleanup(func() {
		signals <- os.Interrupt
		if err := <-served; err != nil {
			t.Errorf("the server shuts down; got %v", err)
		}
		ls.release()
	})
	return ls
}

// trust returns a client configuration that trusts the certificate in a file.
func trust(t *testing.T, file string) *tls.Config {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return &tls.Config{RootCAs: roots}
}

// wantSecureEcho opens a WebSocket and expects an echo.
func wantSecureEcho(t *testing.T, url string, config *tls.Config) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	conn, err := websocket.Dial(ctx, url, &websocket.DialOptions{TLSConfig: config})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(ctx, websocket.Text, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := conn.Read(ctx); err != nil || string(got) != "hello" {
		t.Errorf("the server echoes; got %q, %v", got, err)
	}
	if err := conn.Close(1000, ""); err != nil {
		t.Error(err)
	}
}

func wantBody(t *testing.T, client *http.Client, url, want string) {
	t.Helper()
	client.Timeout = testTimeout
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != want {
		t.Errorf("%s is answered with %q; got %q, %v", url, want, body, err)
	}
}

// Plain requests have HTTP/2; a WebSocket has a connection of HTTP/1.1.
func TestTLS(t *testing.T) {
	file := writeCertificate(t)
	ls := serveWith(t, "--listen=127.0.0.1:0", "--tls-cert="+file)
	url := strings.TrimSuffix(ls.urls(), "/")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust(t, file), ForceAttemptHTTP2: true}}
	wantBody(t, client, url, "HTTP/2.0")
	wantBody(t, &http.Client{Transport: &http.Transport{TLSClientConfig: trust(t, file)}}, url, "HTTP/1.1")
	wantSecureEcho(t, strings.Replace(url, "https", "wss", 1), trust(t, file))
}

// The time limit of bodies applies to those of HTTP/2 too.
func TestTLSBodyTimeout(t *testing.T) {
	file := writeCertificate(t)
	ls := serveWith(t, "--listen=0", "--tls-cert="+file)
	client := &http.Client{Timeout: testTimeout, Transport: &http.Transport{TLSClientConfig: trust(t, file), ForceAttemptHTTP2: true}}
	body, writer := io.Pipe() // never ends
	defer func() { _ = writer.Close() }()
	response, err := client.Post(ls.urls(), "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.ProtoMajor != 2 || response.StatusCode != http.StatusRequestTimeout {
		t.Errorf("a body that does not arrive gets 408; got %s over %s", response.Status, response.Proto)
	}
}

func TestTLSVersions(t *testing.T) {
	file := writeCertificate(t)
	for minimum, refused := range map[string]uint16{"1.2": tls.VersionTLS11, "1.3": tls.VersionTLS12} {
		ls := serveWith(t, "--listen=0", "--tls-cert="+file, "--tls-min-version="+minimum)
		config := trust(t, file)
		config.MinVersion, config.MaxVersion = refused, refused
		if conn, err := tls.Dial("tcp", ls.list[0].Addr().String(), config); err == nil {
			_ = conn.Close()
			t.Errorf("with TLS %s or newer a client with an older one is refused", minimum)
		}
		config.MaxVersion = 0
		wantSecureEcho(t, "wss://"+ls.list[0].Addr().String(), config)
	}
}

// TLS follows the header of a load balancer.
func TestTLSWithProxyProtocol(t *testing.T) {
	file := writeCertificate(t)
	ls := serveWith(t, "--listen=0", "--tls-cert="+file, "--proxy-protocol-from=127.0.0.1")
	conn, err := net.Dial("tcp", ls.list[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"); err != nil {
		t.Fatal(err)
	}
	config := trust(t, file)
	config.ServerName = "localhost"
	if err := tls.Client(conn, config).Handshake(); err != nil {
		t.Error(err)
	}
}

// With certificates, addresses of TCP have TLS, unless they have http://, and Unix sockets have none, unless they have https://.
func TestTLSAddresses(t *testing.T) {
	file := writeCertificate(t)
	folder := t.TempDir()
	ls := serveWith(t, "--listen=0", "--listen=http://0", "--listen=unix:"+folder+"/plain", "--listen=https://unix:"+folder+"/secure", "--tls-cert="+file)
	schemes := ""
	for _, l := range ls.list {
		schemes += string(l.Address.Scheme) + " "
	}
	if schemes != "https http http https " {
		t.Errorf("the listeners have the schemes https, http, http and https; got %s", schemes)
	}
	wantBody(t, &http.Client{}, "http://"+ls.list[1].Addr().String(), "HTTP/1.1")
	over := func(socket string) *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: trust(t, file), DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(folder, socket))
		}}}
	}
	wantBody(t, over("plain"), "http://localhost", "HTTP/1.1")
	wantBody(t, over("secure"), "https://localhost", "HTTP/1.1")
}

func TestTLSRedirect(t *testing.T) {
	file := writeCertificate(t)
	ls := serveWith(t, "--listen=0", "--listen=http://0", "--tls-cert="+file, "--tls-redirect")
	_, port, _ := net.SplitHostPort(ls.list[0].Addr().String())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust(t, file)}}
	_, plainPort, _ := net.SplitHostPort(ls.list[1].Addr().String())
	wantBody(t, client, "http://localhost:"+plainPort+"/a?b=c", "HTTP/1.1")
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Get("http://localhost:" + plainPort + "/a%2Fb?c=d")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if got, want := response.Header.Get("Location"), "https://localhost:"+port+"/a%2Fb?c=d"; got != want || response.StatusCode != http.StatusPermanentRedirect {
		t.Errorf("the request is redirected with 308 to %s; got %s to %s", want, response.Status, got)
	}
}

func TestRedirectTo(t *testing.T) {
	for _, c := range []struct {
		host string
		port int
		want string
	}{
		{"chat.example:80", 443, "https://chat.example/a?b"}, {"chat.example", 8443, "https://chat.example:8443/a?b"},
		{"[::1]:80", 443, "https://[::1]/a?b"}, {"[::1]", 443, "https://[::1]/a?b"}, {"[::1]:80", 8443, "https://[::1]:8443/a?b"},
	} {
		w := httptest.NewRecorder()
		redirectTo(c.port).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+c.host+"/a?b", http.NoBody))
		if got := w.Header().Get("Location"); got != c.want {
			t.Errorf("a request for %s is redirected to %s, with TLS on port %d; got %s", c.host, c.want, c.port, got)
		}
	}
}

func TestListenersURL(t *testing.T) {
	for _, c := range []struct{ domain, address, want string }{
		{"", "127.0.0.1:443", "https://127.0.0.1/"}, {"", "[::1]:443", "https://[::1]/"}, {"", "0.0.0.0:8443", "https://localhost:8443/"},
		{"chat.example", "[::]:443", "https://chat.example/"}, {"chat.example", "10.0.0.1:8443", "https://chat.example:8443/"}, {"", "/run/s", "unix:/run/s"},
	} {
		ls := &listeners{domain: c.domain}
		if got := ls.url(listen.Listener{Listener: listenerAt{address: c.address}, Address: listen.Address{Scheme: listen.HTTPS}}); got != c.want {
			t.Errorf("a listener on %s with the domain %q has the URL %s; got %s", c.address, c.domain, c.want, got)
		}
	}
}

func TestTLSFlagsErrors(t *testing.T) {
	file := writeCertificate(t)
	for args, want := range map[string]string{
		"--listen=https://127.0.0.1:0":                                                     "needs a certificate",
		"--listen=http://127.0.0.1:0 --tls-cert=" + file:                                   "no address speaks TLS",
		"--listen=0 --tls-redirect --tls-cert=" + file:                                     "needs an address with TLS and one without",
		"--listen=0 --tls-redirect":                                                        "needs an address with TLS and one without",
		"--listen=0 --tls-cert=missing.pem":                                                "no such file",
		"--listen=0 --acme-domain=a.example --acme-agree-tos --acme-ca-root=" + os.DevNull: "contains no certificate",
	} {
		ls, err := openWith(t, strings.Fields(args)...)
		if err == nil {
			_ = ls.close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is refused with %q; got %v", args, want, err)
		}
	}
	for args, want := range map[string]string{
		"--tls-cert=a --tls-cert=b --tls-key=c":                          "1 keys for 2 certificates",
		"--tls-min-version=1.1":                                          "1.2",
		"--acme-domain=a.example":                                        "--acme-agree-tos",
		"--acme-agree-tos --acme-domain=*.example.com":                   "is not supported",
		"--acme-agree-tos --acme-domain=https://a.example":               "is not a domain",
		"--acme-agree-tos --acme-domain=192.0.2.1":                       "is not a domain",
		"--acme-agree-tos --acme-domain=a.example --acme-ca=letsencrypt": "is not the URL of a directory",
	} {
		if _, err := parse(t, strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is refused with %q; got %v", args, want, err)
		}
	}
}
