package driver

import (
	"crypto/tls"
	"errors"
	"io"
	"syscall"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// twoLayers returns a client's TLS in TLS, as with a proxy that is reached over TLS.
func twoLayers(t *testing.T) (d *Driver, inner *wiretest.Far, outer *tls.Conn) {
	t.Helper()
	near, peer := wiretest.WirePair(t)
	nearOuter, outer := wiretest.TLSPair(t, protocol.Client, near, peer)
	nearInner, peerInner := wiretest.TLSPair(t, protocol.Client, nearOuter, outer)
	d = New(nearInner, protocol.Server, nil, Options{KeepAlive: -1}) // a server ends first
	d.Start(quiet{newEnds()})
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
	return d, &wiretest.Far{Conn: peerInner, TCP: peer, Role: protocol.Server}, outer
}

func TestTransportTLSLayersCloseWrite(t *testing.T) {
	d, f, outer := twoLayers(t)
	f.Send(t, f.Closing(1000))
	if _, err := io.Copy(io.Discard, f); err != nil {
		t.Fatalf("the inner TLS must end with close_notify; got %v", err)
	}
	if n, err := outer.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("the outer TLS must end with close_notify; got %d bytes, %v", n, err)
	}
	if n, err := f.TCP.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		t.Fatalf("TCP must end with a FIN, before the linger bound; got %d bytes, %v", n, err)
	}
	select {
	case <-d.Done():
		t.Error("the transport must still be open")
	default:
	}
}

func TestTransportTLSLayersReset(t *testing.T) {
	d, f, _ := twoLayers(t)
	d.CloseNow()
	if _, err := io.Copy(io.Discard, f.TCP); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer must get a reset; got %v", err)
	}
}
