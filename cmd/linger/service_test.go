package main

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
)

func TestAListenErrorTellsWhatToDo(t *testing.T) {
	for err, want := range map[error]string{
		syscall.EADDRINUSE:   "choose another with --listen",
		net.ErrClosed:        "cannot listen on :80",
		errors.New("broken"): "broken",
	} {
		if got := listenError(":80", err).Error(); !strings.Contains(got, want) {
			t.Errorf("the message says %q; got %q", want, got)
		}
	}
}
