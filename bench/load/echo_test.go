//go:build linux

package load

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
)

func TestRunEcho(t *testing.T) {
	for _, inFlight := range []int{1, 16} {
		s := run(t, lingerServer(t, echoes()), short(Work{Kind: Echo, Conns: 4, InFlight: inFlight}))
		if s.Units%int64(inFlight) != 0 {
			t.Errorf("%d messages are sent at once, so the count must be a multiple of it: got %d", inFlight, s.Units)
		}
	}
}

func TestRunEchoLongMessages(t *testing.T) {
	w := short(Work{Kind: Echo, Conns: 2, InFlight: 4})
	w.Size = 500 << 10 // more than the kernel takes at once
	run(t, lingerServer(t, echoes()), w)
}

func TestRunEchoErrors(t *testing.T) {
	w := short(Work{Kind: Echo, Conns: 1, InFlight: 1})
	answers := func(answer []byte) error {
		to := rawServer(t, func(nc net.Conn) {
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
	if err := answers(wrong); !mentions(err, "the echo differs") {
		t.Errorf("a different payload: Run returns %v, expected an error", err)
	}
	if err := answers(append(right, right...)); !mentions(err, "and more") {
		t.Errorf("an extra answer: Run returns %v, expected an error", err)
	}
	ends := rawServer(t, func(nc net.Conn) { _, _ = io.ReadFull(nc, make([]byte, 70)) })
	if _, err := Run(ends, os.Getpid(), w); !errors.Is(err, errEnd) {
		t.Errorf("the server ends early: Run returns %v, expected %v", err, errEnd)
	}
}
