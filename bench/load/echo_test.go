//go:build linux

package load

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
)

func TestEchoCountsEveryMessage(t *testing.T) {
	for _, inFlight := range []int{1, 16} {
		s := run(t, ours(t, echoes()), short(Work{Kind: Echo, Conns: 4, InFlight: inFlight}))
		if s.Units%int64(inFlight) != 0 {
			t.Errorf("%d messages leave at once, so what is counted is a multiple of that: %d", inFlight, s.Units)
		}
	}
}

func TestEchoOfLongMessages(t *testing.T) {
	w := short(Work{Kind: Echo, Conns: 2, InFlight: 4})
	w.Size = 500 << 10 // more than the kernel takes at once
	run(t, ours(t, echoes()), w)
}

func TestWrongAnswersAreFound(t *testing.T) {
	w := short(Work{Kind: Echo, Conns: 1, InFlight: 1})
	answers := func(answer []byte) error {
		to := strange(t, func(nc net.Conn) {
			_, _ = io.ReadFull(nc, make([]byte, 70))
			_, _ = nc.Write(answer)
			_, _ = io.Copy(io.Discard, nc)
		})
		_, err := Run(to, os.Getpid(), w)
		return err
	}
	data := payload(64)
	right := fromServer(text, data)
	wrong := fromServer(text, append([]byte("x"), data[1:]...))
	if err := answers(wrong); !mentions(err, "not what was sent") {
		t.Errorf("another payload must be found, got: %v", err)
	}
	if err := answers(append(right, right...)); !mentions(err, "and more") {
		t.Errorf("an answer too many must be found, got: %v", err)
	}
	ends := strange(t, func(nc net.Conn) { _, _ = io.ReadFull(nc, make([]byte, 70)) })
	if _, err := Run(ends, os.Getpid(), w); !errors.Is(err, errEnd) {
		t.Errorf("an end in the middle must be found, got: %v", err)
	}
}
