package admin

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
)

func TestHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quiet := slog.New(slog.DiscardHandler)
		recorder := NewRecorder()
		server := linger.NewServer(linger.HandlerFuncs{}, linger.Options{Trace: recorder.Trace(), Stats: true, Logger: quiet})
		h := New(Options{Server: server, Recorder: recorder, Logger: quiet})
		time.Sleep(7*time.Minute + time.Second)
		recorder.counters.published.Add(50)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		h.live.mu.Lock()
		moments := h.live.moments
		h.live.mu.Unlock()
		if len(moments) != 60 {
			t.Fatalf("the history has 60 moments; got %d", len(moments))
		}
		if got := moments[59].Time.Sub(moments[0].Time); got != 295*time.Second {
			t.Errorf("the history is five minutes long; got %v", got)
		}
		if got := []float64{moments[58].Rates.Published, moments[59].Rates.Published}; got[0] != 0 || got[1] != 10 {
			t.Errorf("50 messages in five seconds are 10 per second, in the last moment; got %v", got)
		}
		if err := h.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
