package proxy

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// After closeBoth the close timeout applies to both connections, and not the longer half-open timeout.
func TestPipeCloseBothTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toClient, client := memconn.Pipe()
		toBackend, backend := memconn.Pipe()
		opts := Options{}.Connection()
		p := newPipe(driver.New(toClient, protocol.Server, nil, opts), driver.New(toBackend, protocol.Client, nil, opts), Options{})
		p.start()
		began := time.Now()
		p.closeBoth(goingAway)
		p.ended.Wait()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("connections whose peers are silent end after %v, expected 5s", took)
		}
		_ = client.Close()
		_ = backend.Close()
	})
}
