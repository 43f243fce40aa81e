package driver

import (
	"bytes"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// Connections share a pool of buffers. A buffer must not be used by two at the same time.
func TestWriteBufferNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stages []*stage
		for range 4 {
			s := newStage(t, protocol.Server, Options{KeepAlive: -1})
			s.passive = true
			s.peer.SetCapacity(1000) // so that frames wait
			stages = append(stages, s.start())
		}
		for _, size := range []int{10, 4000, 4 << 10, 60 << 10, 64 << 10, 200 << 10} {
			for range 3 { // the next round gets what the last gave back
				for i, s := range stages {
					_, _ = s.conn.Send(protocol.Binary, bytes.Repeat([]byte{byte(i)}, size))
				}
				for i, s := range stages {
					f, err := wiretest.ReadFrame(s.peer)
					if err != nil || !bytes.Equal(f.Payload, bytes.Repeat([]byte{byte(i)}, size)) {
						t.Fatalf("connection %d must get its own message of %d bytes; got %d bytes, %v", i, size, len(f.Payload), err)
					}
				}
				synctest.Wait()
			}
		}
	})
}

func TestWriteBufferGrown(t *testing.T) {
	recycle(make([]byte, 0, smallBuffer+1))
	recycle(nil)
	for range 10 {
		if b, _ := smallBuffers.Get().(*[smallBuffer]byte); b == nil {
			t.Error("a buffer of the pool must have its full capacity")
		}
	}
}
