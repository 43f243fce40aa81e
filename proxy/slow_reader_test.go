package proxy_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/websocket/driver"
)

// The connection of a client that reads slowly is kept although it cannot answer pings in
// time, and so is the connection of the backend.
func TestPipeSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := proxy.Options{Logger: slog.New(slog.DiscardHandler)}
		opts.KeepAlive = time.Second
		front, client := memconn.Pipe()
		behind, backend := memconn.Pipe()
		ends := make(chan proxy.Ends, 1)
		go func() {
			ends <- proxy.Pipe(driver.New(front, protocol.Server, nil, opts.Connection()),
				driver.New(behind, protocol.Client, nil, opts.Connection()), opts)
		}()
		const size = 512 << 10
		server := websocket.NewConn(backend, protocol.Server, nil, driver.Options{KeepAlive: -1})
		go func() {
			_ = server.Write(t.Context(), websocket.Binary, make([]byte, size))
			_, _, _ = server.Read(t.Context()) // answers pings
			_ = server.Close(1000, "")
		}()
		reader := websocket.NewConn(slow{client}, protocol.Client, nil, driver.Options{KeepAlive: -1, MaxMessage: 1 << 20})
		began := time.Now()
		if _, message, err := reader.Read(t.Context()); err != nil || len(message) != size {
			t.Errorf("Read returns %d bytes and error %v, expected %d bytes", len(message), err, size)
		}
		if took := time.Since(began); took < 5*time.Second {
			t.Errorf("Read takes %v, expected more than the keep-alive timeout", took)
		}
		time.Sleep(10 * time.Second) // several pings and pongs
		if err := reader.Close(1000, ""); err != nil {
			t.Errorf("Close returns %v, expected an open connection", err)
		}
		if e := <-ends; !e.Client.Clean || !e.Backend.Clean {
			t.Errorf("the outcomes are %+v, expected clean ones", e)
		}
		time.Sleep(time.Minute) // until all four transports are closed
	})
}

// slow reads 4 KiB every 50 ms.
type slow struct{ *memconn.Conn }

func (s slow) Read(p []byte) (int, error) {
	time.Sleep(50 * time.Millisecond)
	return s.Conn.Read(p[:min(len(p), 4<<10)])
}
