package websocket

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"testing"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// helloed starts a TLS server, and returns a channel of the hellos of its clients.
func helloed(t *testing.T) (addr string, hellos chan *tls.ClientHelloInfo) {
	hellos = make(chan *tls.ClientHelloInfo, 10)
	config := wiretest.ServerConfig(t)
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		hellos <- hello
		return nil, nil
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				if a, err := readAsked(nc); err == nil {
					switching(nc, a)
				}
			}()
		}
	}()
	return listener.Addr().String(), hellos
}

func TestDialTLSConfig(t *testing.T) {
	addr, hellos := helloed(t)
	_, port, _ := net.SplitHostPort(addr)
	for _, c := range []struct{ host, serverName, want string }{
		{"localhost", "", "localhost"},
		{"localhost", "other.example", "other.example"},
		{"127.0.0.1", "", ""}, // an address is not sent as a name (RFC 6066, section 3)
	} {
		config := wiretest.ClientConfig()
		config.ServerName, config.NextProtos = c.serverName, []string{"h2", "http/1.1"}
		conn, err := Dial(t.Context(), "wss://"+net.JoinHostPort(c.host, port), direct(DialOptions{TLSConfig: config}))
		if err != nil {
			t.Fatal(err)
		}
		conn.CloseNow()
		hello := <-hellos
		if hello.ServerName != c.want || !slices.Equal(hello.SupportedProtos, []string{"http/1.1"}) {
			t.Errorf("a client of %+v must send the name %q and the protocol http/1.1; got %q, %q", c, c.want, hello.ServerName, hello.SupportedProtos)
		}
		if config.ServerName != c.serverName || len(config.NextProtos) != 2 {
			t.Errorf("the caller's configuration must not change; got %q, %q", config.ServerName, config.NextProtos)
		}
	}
}

func TestDialTLSVerifiesCertificate(t *testing.T) {
	addr, _ := helloed(t)
	_, port, _ := net.SplitHostPort(addr)
	_, err := Dial(t.Context(), "wss://localhost:"+port, direct(DialOptions{}))
	_ = wantDialError(t, err, PhaseTLS)
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		t.Errorf("a certificate of an unknown authority must be rejected; got %v", err)
	}
}

func TestDialTLSToPlainServer(t *testing.T) {
	s := serve(t, false, nil, newEcho)
	_, err := Dial(t.Context(), "wss://"+s.Addr, direct(DialOptions{}))
	_ = wantDialError(t, err, PhaseTLS)
	if _, ok := errors.AsType[tls.RecordHeaderError](err); !ok {
		t.Errorf("the error must wrap that of TLS; got %v", err)
	}
}
