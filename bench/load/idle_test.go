//go:build linux

package load

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

func TestIdleWeighsConnections(t *testing.T) {
	to := strange(t, func(nc net.Conn) {
		heavy := make([]byte, 1<<20)
		for i := range heavy {
			heavy[i] = 1
		}
		for {
			if _, err := nc.Read(heavy[:70]); err != nil {
				return
			}
			_, _ = nc.Write(fromServer(text, payload(64)))
		}
	})
	w := short(Work{Kind: Idle, Conns: 50})
	if s := run(t, to, w); s.Bytes/s.Units < 1<<18 {
		t.Errorf("each of %d connections touches 1 MiB, and they weigh %d bytes", s.Units, s.Bytes)
	}
}

func TestIdleConnectionsMustAnswerOnce(t *testing.T) {
	l, err := newLoop()
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	l.bound = 20 * time.Millisecond
	mute := strange(t, func(nc net.Conn) { _, _ = nc.Read(make([]byte, 70)); <-t.Context().Done() })
	if _, err := l.idle(mute, os.Getpid(), short(Work{Kind: Idle, Conns: 1})); !errors.Is(err, errSilent) {
		t.Errorf("a server that does not echo must be told of, got: %v", err)
	}
}
