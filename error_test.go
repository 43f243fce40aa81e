package linger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/lingerws/linger"
)

func TestErrEarlyFullIsAnErrQueueFullThatSaysWhatToDo(t *testing.T) {
	if !errors.Is(linger.ErrEarlyFull, linger.ErrQueueFull) || errors.Is(linger.ErrQueueFull, linger.ErrEarlyFull) {
		t.Error("it is one kind of a full queue, and a queue that is full later is another")
	}
	if text := linger.ErrEarlyFull.Error(); strings.Contains(text, "fast enough") || !strings.Contains(text, "Options.SendQueue") {
		t.Errorf("it does not blame the peer, and names the option; got %q", text)
	}
}
