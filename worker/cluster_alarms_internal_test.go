package worker

import (
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

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
