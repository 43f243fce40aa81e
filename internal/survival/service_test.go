package survival

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

// script is the application; VERSION differs with each reload. What it has handled is
// counted in data, at the end of each event: one that fails before has left nothing behind.
const script = `
const pause = () => new Promise((done) => setTimeout(done, Math.random() * 5));

addEventListener("install", (event) => event.waitUntil(pause()));

addEventListener("websocketupgrade", async (event) => {
	await pause();
	const connection = event.accept({ data: { handled: 0 } });
	connection.subscribe("ticks");
	connection.subscribe("news");
	connection.send("id:" + connection.id);
});

addEventListener("websocketmessage", async ({ source, data }) => {
	const text = typeof data === "string";
	if (text && data.endsWith(":loop")) for (;;);
	if (text && data.endsWith(":hoard")) for (const all = []; ; ) all.push(new Uint8Array(1 << 16));
	if (Math.random() < 0.5) await pause();
	const handled = ++source.data.handled;
	if (text) return source.send("echo:" + handled + ":" + data);
	new DataView(data).setUint32(0, handled);
	source.send(data);
});

addEventListener("websocketclose", ({ id, code, wasClean, initiator }) => {
	console.log(id, code, wasClean, initiator);
});

addEventListener("fetch", (event) => event.respondWith(serve(new URL(event.request.url).searchParams)));

async function serve(query) {
	await pause();
	const number = query.get("number");
	if (number !== null) {
		clients.publish("news", "news:" + number);
		(await clients.get(query.get("to")))?.send("mail:" + number);
	}
	return new Response("VERSION");
}`

// service is the application under test, and everybody who is connected to it.
type service struct {
	t       *testing.T
	plan    plan
	path    string // of the script
	version int    // the last one that is in order
	broken  int    // how many were not
	app     *worker.App
	web     *http.Server
	address string // host and port
	browser http.Client
	log     *events
	ends    ends

	clients  []*client
	byID     sync.Map // string -> *client
	traffic  *gate    // of what the script handles
	voice    *gate    // of what Go code sends
	stopped  chan struct{}
	talkers  sync.WaitGroup
	readers  sync.WaitGroup
	newsroom sync.WaitGroup

	reloading sync.Mutex
	kills     int // engines that a message has ended

	ticks int   // published by Go
	notes []int // addressed by Go, to each client
	news  bulletin
}

func serve(t *testing.T, p plan) *service {
	t.Helper()
	s := &service{
		t: t, plan: p, path: filepath.Join(t.TempDir(), "app.js"),
		stopped: make(chan struct{}), notes: make([]int, p.clients),
	}
	s.traffic, s.voice = newGate(s.stopped), newGate(s.stopped)
	s.browser = http.Client{Transport: &http.Transport{}, Timeout: patience}
	s.log = newEvents(func(id, report string) {
		if c, ok := s.byID.Load(id); ok {
			c.(*client).fail(report) //nolint:forcetypeassert // nothing else is in the map
		}
	})
	s.writeNext()
	var err error
	s.app, err = worker.Load(s.path, worker.Options{
		Workers: p.workers, Memory: p.memory, EventTimeout: time.Second, SleepAfter: 200 * time.Millisecond,
		Server: linger.Options{MailboxMessages: mailbox},
		Logger: slog.New(s.log), Stdout: &s.ends,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.listen()
	return s
}

func (s *service) listen() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = listener.Addr().String()
	s.web = &http.Server{Handler: s.app, ReadHeaderTimeout: patience}
	go func() { _ = s.web.Serve(listener) }()
}

func (s *service) write(text string) {
	if err := os.WriteFile(s.path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) writeNext() {
	s.version++
	s.write(strings.ReplaceAll(script, "VERSION", fmt.Sprint(s.version)))
}

// get sends a plain request, and returns the status and the text of the answer.
func (s *service) get(query string) (int, string) {
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.address+"/?"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.browser.Do(request)
	if err != nil {
		s.t.Errorf("a request is answered; got %v", err)
		return 0, ""
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Errorf("an answer is whole; got %v", err)
	}
	return response.StatusCode, string(body)
}

// runs waits for a plain request to be answered, and expects the version.
func (s *service) runs(version int) {
	var status int
	var text string
	eventually(s.t, "a plain request is answered at last", func() bool {
		status, text = s.get("")
		return status == http.StatusOK
	})
	if text != fmt.Sprint(version) {
		s.t.Errorf("a request is answered by version %d; it was by %s", version, text)
	}
}

// asleep tells whether all workers are.
func (s *service) asleep() bool {
	for _, w := range s.app.Workers() {
		if w.State != "asleep" {
			return false
		}
	}
	return true
}

// sleeps tells how often a worker has fallen asleep.
func (s *service) sleeps() (n uint64) {
	for _, w := range s.app.Workers() {
		n += w.Sleeps
	}
	return n
}

// shutdown ends the server.
func (s *service) shutdown() {
	if err := s.app.Shutdown(context.Background()); err != nil {
		s.t.Errorf("without connections there is nothing to wait for; got %v", err)
	}
	_ = s.web.Close()
	s.browser.CloseIdleConnections()
	s.readers.Wait()
}

// ends collects what the script prints: its close events.
type ends struct {
	mu   sync.Mutex
	text []string
}

// Write takes one line.
func (e *ends) Write(line []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text = append(e.text, strings.TrimSpace(string(line)))
	return len(line), nil
}

func (e *ends) lines() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.text...)
}
