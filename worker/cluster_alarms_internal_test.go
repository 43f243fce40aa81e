package worker

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/worker/internal/script"
)

// An alarm of the new process of a hand-over may be due before the process has the lease of the node.
func TestClusterClaimBeforeStart(t *testing.T) {
	all := fuzzCluster(t, memcluster.New(), "a")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := all.claim(ctx, script.ObjectRef{Class: "Room", ID: "0f"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an object is claimed when the node can have a lease; got %v before", err)
	}
}

func FuzzParseAlarmEntry(f *testing.F) {
	f.Add(alarmEntry{script.ObjectRef{Class: "Room", ID: "0f", Name: "lobby"}, time.UnixMilli(1234), "a", 7}.encode())
	f.Add([]byte("\x0a"))
	f.Fuzz(func(t *testing.T, value []byte) {
		_, _ = readClaim(value)
		e, err := parseAlarmEntry(value)
		if err != nil {
			return
		}
		again, err := parseAlarmEntry(e.encode())
		if err != nil || !again.at.Equal(e.at) || again.ref != e.ref || again.node != e.node || again.token != e.token {
			t.Errorf("the entry %+v is read as %+v with error %v after it was encoded", e, again, err)
		}
	})
}
