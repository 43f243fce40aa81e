package websocket

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/protocol"
)

func TestAPeerThatTakesNothingIsCut(t *testing.T) {
	runScript(t, Options{WriteTimeout: 10 * time.Second}, `
	app binary 1000
	# never reads
	wait 9.999s
	wait 1ms
		closed not clean, received 1006, sent 1006, first neither, stalled
		transport closed
`)
}

func TestASlowReaderIsNotCut(t *testing.T) {
	runScript(t, Options{WriteTimeout: 10 * time.Second}, `
	app binary 60000
	wait 9s
	peer reads 20000
	wait 9s
	peer reads 20000
	wait 9s
	peer reads 19000
	wait 9s
	peer reads 600
	wait 100s
	app close 1000
`)
}

func TestTheWriteTimeoutCanBeTurnedOff(t *testing.T) {
	runScript(t, Options{WriteTimeout: -1}, `
	app binary 1000
	# never reads
	wait 1000s
`)
}

// The timer of a Close has the say once there is one.
func TestTheCloseTimeoutComesFirst(t *testing.T) {
	runScript(t, Options{WriteTimeout: 10 * time.Second, CloseTimeout: 15 * time.Second}, `
	app binary 1000
	# never reads
	wait 9s
	app close 1000
	wait 14.999s
	wait 1ms
		closed not clean, received 1006, sent 1000, first local, timeout
		transport closed
`)
}

func TestNothingIsTimedWhileNothingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1, WriteTimeout: time.Second}).start()
		s.play("app binary 100000")
		if s.conn.writeTimer != nil && s.conn.writeTimer.Stop() {
			t.Error("the write timer must not run once everything is written")
		}
		s.play("app text hello")
		if out := s.play("wait 1h"); len(out) > 0 {
			t.Errorf("an idle connection must stay; got %q", out)
		}
	})
}
