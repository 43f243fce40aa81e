//go:build linux

package load

import (
	"bytes"
	"io"
	"net"
	"testing"
)

func TestLoopWrite(t *testing.T) {
	const size = 16 << 20
	arrived := make(chan []byte, 1)
	to := rawServer(t, func(nc net.Conn) {
		got := make([]byte, size)
		_, _ = io.ReadFull(nc, got)
		arrived <- got
		_, _ = nc.Write([]byte("."))
	})
	l, err := newLoop()
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	all, err := l.openAll(to, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := payload(size)
	if err := l.write(all[0], want); err != nil {
		t.Fatal(err)
	}
	if len(all[0].out) == 0 {
		t.Fatal("the kernel accepted 16 MiB at once, so nothing is left to send later")
	}
	if err := l.write(all[0], want); err == nil {
		t.Error("write before the previous message was sent returned no error")
	}
	for answered := false; !answered; {
		if err := l.turn(func(*conn, []byte) error { answered = true; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(<-arrived, want) {
		t.Error("the bytes received differ from those sent")
	}
}
