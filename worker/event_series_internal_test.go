package worker

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/embedded"
	"github.com/lingerws/linger/worker/internal/script"
)

// seriesRuntime is the embedded engine as a Runtime that takes series of messages.
type seriesRuntime struct {
	script.Runtime
	longest *atomic.Int64 // the number of messages of the longest series
}

func (s seriesRuntime) Series() bool { return true }

func (s seriesRuntime) Dispatch(began time.Time, id int, e script.Event) error {
	if m, ok := e.(*script.Message); ok {
		s.longest.Store(max(s.longest.Load(), int64(1+len(m.Following))))
	}
	return s.Runtime.Dispatch(began, id, e)
}

// TestMessageSeries sends messages faster than they are handled, so that several are one event.
func TestMessageSeries(t *testing.T) {
	t.Parallel()
	var longest atomic.Int64
	f := serveFake(t, func(host script.Host, app script.Application) script.Runtime {
		return seriesRuntime{embedded.New(prelude)(host, app), &longest}
	}, Options{EventTimeout: testTimeout})
	err := os.WriteFile(f.path, []byte(`
		let count = 0;
		addEventListener("websocketupgrade", (event) => { event.accept({ data: 0 }); });
		addEventListener("websocketmessage", ({ source, data }) => {
			const answer = () => { source.send(data + " " + ++count + " " + ++source.data); };
			if (data === "later") return new Promise((done) => setTimeout(() => { answer(); done(); }, 5));
			if (data === "throw") { answer(); throw new Error("thrown"); }
			answer();
		});`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Reload(); err != nil {
		t.Fatal(err)
	}
	c := f.dial()
	const rounds = 40
	texts := []string{"a", "later", "b", "throw", "c"}
	n := 0
	var want []string
	for range rounds {
		f.send(c, texts...)
		for _, text := range texts {
			n++
			want = append(want, fmt.Sprint(text, " ", n, " ", n))
		}
	}
	f.want(c, want...)
	if events := f.Workers()[0].Events; events < uint64(n) {
		t.Errorf("each message is counted; got %d of %d", events, n)
	}
	if got := longest.Load(); got < 2 || got > 1+maxIncluded {
		t.Errorf("an event has several messages, at most %d; got %d", 1+maxIncluded, got)
	}
	if thrown := strings.Count(f.log.String(), "thrown"); thrown == 0 {
		t.Error("an exception of a message of a series is logged")
	}
}
