package survival

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// script is the application; VERSION differs with each reload. It counts in data what it
// has handled.
const script = `
const version = VERSION;
addEventListener("install", (event) => event.waitUntil(new Promise((done) => setTimeout(done, 1))));
addEventListener("websocketupgrade", (event) => {
	event.accept({ data: { handled: 0 } }).subscribe("ticks");
});
addEventListener("websocketmessage", async ({ source, data }) => {
	if (data === "loop") for (;;);
	if (data === "oom") for (const all = []; ; ) all.push(new Uint8Array(1 << 16));
	const handled = ++source.data.handled;
	if (Math.random() < 0.3) await new Promise((done) => setTimeout(done, Math.random() * 3));
	if (typeof data === "string") return source.send(handled + ":" + data);
	new DataView(data).setUint32(0, handled);
	source.send(data);
});`

// brokenScripts cannot be loaded.
var brokenScripts = []string{
	`const ;`,
	`throw new Error("not today");`,
	`addEventListener("install", async () => { throw new Error("cannot be installed"); });`,
	`addEventListener("activate", (event) => event.waitUntil(Promise.reject(new Error("cannot be activated"))));`,
	`await new Promise(() => {});`,
}

// service is the application under test, and everybody who is connected to it.
type service struct {
	t       *testing.T
	path    string
	app     *worker.App
	web     *http.Server
	address string
	log     *failures

	clients []*client
	killers []*client
	traffic *gate
	stopped chan struct{}
	all     sync.WaitGroup

	version, broken                 int
	echoed, ticks, missing, longest atomic.Int64
}

func serve(t *testing.T, p plan) *service {
	t.Helper()
	s := &service{t: t, path: filepath.Join(t.TempDir(), "app.js"), log: newFailures(), traffic: newGate(), stopped: make(chan struct{})}
	s.write(s.next())
	var err error
	s.app, err = worker.Load(s.path, worker.Options{
		Workers: p.workers, Memory: 24 << 20, EventTimeout: time.Second, SleepAfter: 200 * time.Millisecond,
		Logger: slog.New(s.log),
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = "ws://" + listener.Addr().String() + "/"
	s.web = &http.Server{Handler: s.app, ReadHeaderTimeout: patience}
	go func() { _ = s.web.Serve(listener) }()
	for range p.workers { // one for each, since each connection goes to the worker with the fewest
		s.killers = append(s.killers, s.dial())
	}
	return s
}

func (s *service) next() string {
	s.version++
	return strings.ReplaceAll(script, "VERSION", fmt.Sprint(s.version))
}

func (s *service) write(text string) {
	if err := os.WriteFile(s.path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// reload loads another version; each fourth one is broken and changes nothing.
func (s *service) reload(i int) {
	if i%4 != 3 {
		s.write(s.next())
		if err := s.app.Reload(); err != nil {
			s.t.Errorf("a version that is in order is loaded; got %v", err)
		}
		return
	}
	s.write(brokenScripts[s.broken%len(brokenScripts)])
	s.broken++
	if err := s.app.Reload(); err == nil {
		s.t.Error("a broken version is not loaded; it was")
	}
}

// kill has the engine of a worker end, and waits until the worker lives again.
func (s *service) kill(i int, how string) {
	k := s.killers[i%len(s.killers)]
	before := s.log.total()
	k.write(websocket.Text, []byte(how))
	eventually(s.t, "the event that ends an engine is reported", func() bool { return s.log.total() > before })
}

// sleep lets the traffic rest until all workers sleep.
func (s *service) sleep() {
	s.traffic.set(true)
	eventually(s.t, "all workers fall asleep when nothing happens", func() bool {
		for _, w := range s.app.Workers() {
			if w.State != "asleep" {
				return false
			}
		}
		return true
	})
	s.traffic.set(false)
}

// settle ends the traffic, and waits until everybody has heard everything.
func (s *service) settle() {
	close(s.stopped)
	s.traffic.set(false)
	s.all.Wait()
	if n := s.app.Server().Count(); n != len(s.clients)+len(s.killers) {
		s.t.Errorf("every connection is open; there are %d of %d", n, len(s.clients)+len(s.killers))
	}
	for _, c := range s.clients {
		c.check()
	}
}

// leave closes every connection.
func (s *service) leave() {
	for _, c := range append(s.clients, s.killers...) {
		if err := c.conn.Close(websocket.CloseNormal, ""); err != nil {
			s.t.Errorf("a connection that was open closes as it should; got %v", err)
		}
	}
	eventually(s.t, "the server lets everybody go", func() bool { return s.app.Server().Count() == 0 })
}

// end ends the server, and returns what the process holds then.
func (s *service) end() footprint {
	if err := s.app.Shutdown(context.Background()); err != nil {
		s.t.Error(err)
	}
	_ = s.web.Close()
	last := measure()
	for deadline := time.Now().Add(10 * time.Second); last.goroutines > 8 && time.Now().Before(deadline); last = measure() {
		time.Sleep(50 * time.Millisecond) // connections linger until the peer's EOF
	}
	return last
}
