package upgrade

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testprogram"
	"github.com/lingerws/linger/protocol"
)

// chaos is what happens to a server with traffic.
type chaos struct {
	t       *testing.T
	s       *server
	c       *crowd
	broken  string       // the folder with the broken binaries
	app     sync.RWMutex // held for writing while the application cannot be loaded
	version int
	stop    chan struct{} // closed when all upgrades have been made
	counts  struct{ reloads, refused, crashes, throws, visits atomic.Int32 }
}

// faults are the names of broken binaries, with a part of the error that each causes.
func faults(connections int) map[string]string {
	half := fmt.Sprint("-after-", connections/2)
	return map[string]string{
		"exit":                   "exited",
		"hang":                   "timeout",
		"version":                "version",
		"refuse":                 "refused",
		"crash-announced" + half: "exited",
		"abort-announced" + half: "aborted",
		"crash-moved" + half:     "exited",
		"hang-moved" + half:      "timeout",
		"abort-moved" + half:     "aborted",
		"crash-take":             "exited",
		"abort-take":             "aborted",
	}
}

// buildBroken builds the broken binaries in a folder, each of which is a link to the same file.
func buildBroken(t *testing.T, names map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	first, err := testprogram.Build("../..", "internal/upgrade/testdata/broken", folder)
	if err != nil {
		t.Fatal(err)
	}
	for name := range names {
		if err := os.Link(first, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// reloads reloads the application until the end, each time with the next version. During an upgrade reloads can be refused.
func (x *chaos) reloads() {
	for x.pause(400 * time.Millisecond) {
		x.app.RLock()
		x.version++
		x.s.writeApp(fmt.Sprint(x.version))
		if err := x.s.request(http.MethodPost, "/v1/reload", nil, nil); err == nil {
			x.counts.reloads.Add(1)
		} else {
			x.counts.refused.Add(1)
		}
		x.app.RUnlock()
	}
}

// crashes makes engines of the application end until the end: with an endless loop, without memory, and with an exception, which ends
// the event only.
func (x *chaos) crashes() {
	for i := 0; x.pause(700 * time.Millisecond); i++ {
		v, err := x.c.visit(fmt.Sprint("crash", i), plain)
		if err != nil {
			continue // no engine could handle the request in time
		}
		v.await(x.t, "id ")
		end := x.c.failing.begin()
		how := []string{"loop", "throw", "hoard"}[i%3]
		v.note(v.peer.send(protocol.Text, []byte(how)))
		v.note(v.peer.send(protocol.Text, []byte("kept")))
		v.await(x.t, "kept ") // the next event of the connection: the failed one has ended
		time.Sleep(100 * time.Millisecond)
		end()
		x.counts.crashes.Add(1)
		v.note(v.peer.close(protocol.CloseNormal, ""))
		eventually(x.t, "the connection that has made an engine end is closed", v.isOver)
	}
}

// visits opens connections until the end, sends some messages, and closes them. Requests that arrive while no engine runs may be
// refused, others may not.
func (x *chaos) visits() {
	for i := 0; x.pause(30 * time.Millisecond); i++ {
		began := time.Now()
		v, err := x.c.visit(fmt.Sprint("visit", i), habit(i%int(slow)))
		if err != nil {
			if x.c.failing.excuses(span{began, time.Now()}) == 0 {
				x.t.Errorf("a new connection is refused: %v", err)
			}
			continue
		}
		v.await(x.t, "id ")
		for range 3 {
			v.say()
		}
		eventually(x.t, "a short visitor is answered", func() bool {
			return v.settled() || v.isOver() || v.failed() || x.c.slack() > 0 && time.Since(began) > 10*time.Second
		})
		v.note(v.peer.close(3999, "visited"))
		v.expectClose(x.t, 3999, "visited")
		x.counts.visits.Add(1)
	}
}

// pause waits for a random time with a mean. It returns false at the end.
func (x *chaos) pause(mean time.Duration) bool {
	select {
	case <-time.After(rand.N(2 * mean)):
		return !x.t.Failed()
	case <-x.stop:
		return false
	}
}

// upgrades makes n upgrades, of which the given ones fail.
func (x *chaos) upgrades(n int, failures []string, errors map[string]string) {
	steps := make([]string, n)
	for i, at := range rand.Perm(n)[:len(failures)] {
		steps[at] = failures[i]
	}
	linked := []string{x.s.copyBinary("linger-a"), x.s.copyBinary("linger-b")}
	for i, fault := range steps {
		time.Sleep(rand.N(300 * time.Millisecond))
		switch {
		case fault == "":
			x.s.upgrade(linked[i%2])
		case strings.HasPrefix(fault, "application"):
			x.app.Lock()
			x.s.breakApp()
			x.s.failUpgrade(linked[i%2], errors[fault])
			x.s.writeApp(fmt.Sprint(x.version))
			x.app.Unlock()
		default:
			x.s.failUpgrade(filepath.Join(x.broken, fault), errors[fault])
		}
		if x.t.Failed() {
			x.t.Fatalf("step %d of %d, %q, is the last one", i, n, fault)
		}
	}
}
