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
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// script is the application; VERSION is replaced for each reload. It counts handled messages
// in data at the end of each event, so an event that fails is not counted.
const script = `
const pause = () => new Promise((done) => setTimeout(done, Math.random() * 5));

addEventListener("install", (event) => event.waitUntil(pause()));

addEventListener("websocketupgrade", async (event) => {
	await pause();
	const connection = event.accept({ data: { handled: 0 } });
	connection.subscribe("ticks");
	connection.subscribe("bulletins");
	connection.send("id:" + connection.id);
});

addEventListener("websocketmessage", async ({ source, data }) => {
	const text = typeof data === "string";
	if (text && data.endsWith(":loop")) for (;;);
	if (text && data.endsWith(":hoard")) for (const all = []; ; ) all.push(new Uint8Array(1 << 16).fill(1));
	if (text && data.endsWith(":exit")) process.exit(3);
	if (text && data.endsWith(":abort")) process.abort();
	if (text && data.endsWith(":crash")) for (process.kill(process.pid, "SIGSEGV"); ; );
	if (text && data.endsWith(":flood")) for (let i = 0; i < 20_000; i++) console.log("flood", i);
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
		clients.publish("bulletins", "bulletin:" + number);
		(await clients.get(query.get("to")))?.send("letter:" + number);
	}
	return new Response("VERSION");
}`

// service is the application under test with its clients.
type service struct {
	t           *testing.T
	plan        plan
	path        string // the path of the script
	version     int    // the number of the last valid version
	broken      int    // the number of broken versions
	app         *worker.App
	web         *http.Server
	address     string // host and port of the server
	httpClient  http.Client
	log         *logRecorder
	closeEvents closeEvents

	clients   []*client
	byID      sync.Map      // from the id of a connection to its *client
	traffic   *gate         // open while clients send messages and requests
	goTraffic *gate         // open while Go sends messages
	stopped   chan struct{} // closed at the end of all traffic
	senders   sync.WaitGroup
	readers   sync.WaitGroup
	others    sync.WaitGroup // the goroutines of publish and request

	reloading sync.Mutex // held during a reload, and while there must be none
	kills     int        // the number of engines that messages have ended

	ticks      int   // the number of messages published by Go
	notes      []int // the number of messages sent by Go, by client
	broadcasts broadcastLog
}

// serve starts the application and a server for it.
func serve(t *testing.T, p plan) *service {
	t.Helper()
	s := &service{
		t: t, plan: p, path: filepath.Join(t.TempDir(), "app.js"),
		stopped: make(chan struct{}), notes: make([]int, p.clients),
	}
	s.traffic, s.goTraffic = newGate(s.stopped), newGate(s.stopped)
	s.httpClient = http.Client{Transport: &http.Transport{}, Timeout: timeout}
	s.log = newLogRecorder(func(id, report string, messages int) {
		if c, ok := s.byID.Load(id); ok {
			for range messages {
				c.(*client).recordFailure(report) //nolint:forcetypeassert // the map has no other types
			}
		}
	})
	s.writeNext()
	var err error
	s.app, err = worker.Load(s.path, worker.Options{
		Workers: p.workers, Memory: p.memory, EventTimeout: p.timeout, SleepAfter: 200 * time.Millisecond,
		Server: linger.Options{Options: websocket.Options{IO: way}, EventQueueMessages: eventQueue},
		Logger: slog.New(s.log), Stdout: &s.closeEvents, Runtime: p.runtime,
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
	s.web = &http.Server{Handler: s.app, ReadHeaderTimeout: timeout}
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

// get sends an HTTP request and returns the status and the body of the response.
func (s *service) get(query string) (int, string) {
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.address+"/?"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.httpClient.Do(request)
	if err != nil {
		s.t.Errorf("a request fails: %v", err)
		return 0, ""
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Errorf("reading a response: %v", err)
	}
	return response.StatusCode, string(body)
}

// expectVersion waits until an HTTP request succeeds, and checks the version that responds.
func (s *service) expectVersion(version int) {
	var status int
	var text string
	eventually(s.t, "an HTTP request succeeds", func() bool {
		status, text = s.get("")
		return status == http.StatusOK
	})
	if text != fmt.Sprint(version) {
		s.t.Errorf("version %s responds, expected version %d", text, version)
	}
}

// asleep reports whether all workers sleep.
func (s *service) asleep() bool {
	for _, w := range s.app.Workers() {
		if w.State != "asleep" {
			return false
		}
	}
	return true
}

// sleeps returns how often workers have fallen asleep.
func (s *service) sleeps() (n uint64) {
	for _, w := range s.app.Workers() {
		n += w.Sleeps
	}
	return n
}

// shutdown shuts the application and the server down.
func (s *service) shutdown() {
	if err := s.app.Shutdown(context.Background()); err != nil {
		s.t.Errorf("Shutdown without connections returns %v", err)
	}
	_ = s.web.Close()
	s.httpClient.CloseIdleConnections()
	s.readers.Wait()
}

// inChildren reports whether the application runs in child processes.
func (s *service) inChildren() bool { return s.plan.runtime.Name != "" || s.plan.runtime.Process }

// closeEvents collects the close events, which the script prints. Other output is dropped.
type closeEvents struct {
	mu   sync.Mutex
	text []string
}

// Write adds a line.
func (e *closeEvents) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if _, printed, found := strings.Cut(text, "] "); found { // after the number of the worker
		text = printed
	}
	if strings.HasPrefix(text, "flood ") {
		return len(line), nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text = append(e.text, text)
	return len(line), nil
}

func (e *closeEvents) lines() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.text...)
}
