package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// testTimeout bounds the waits of a test. It expires only if the test fails.
const testTimeout = 30 * time.Second

// fakeRuntime is a runtime without an engine. Like one in another process it returns from Dispatch immediately, and calls its
// host later, in separate turns. It answers a message with the text of the application's file and the message. Some
// messages have effects: "crash", "stuck", "throw", and "fetch " with a URL. It answers a request for /echo with its body, in
// chunks.
type fakeRuntime struct {
	host    script.Host
	version string

	connection string // the connection of the fetch in progress
	event      int
	received   int // the body that is echoed
	fetched    int // the body of the answer to a fetch, if it had not arrived with the answer; 0 for none

	stopped chan struct{}
	stop    func()
	stuck   chan struct{}
}

func launchFake(host script.Host, app script.Application) script.Runtime {
	_, version, _ := strings.Cut(app.Code, `"use `)
	version, _, _ = strings.Cut(version, `"`)
	f := &fakeRuntime{host: host, version: version, stopped: make(chan struct{}), stuck: make(chan struct{})}
	f.stop = sync.OnceFunc(func() { close(f.stopped) })
	return f
}

func (f *fakeRuntime) Load() error                           { return nil }
func (f *fakeRuntime) Started() bool                         { return true }
func (f *fakeRuntime) Loaded() (bool, error)                 { return true, nil }
func (f *fakeRuntime) Places(string) ([]script.Frame, error) { return nil, nil }
func (f *fakeRuntime) Series() bool                          { return false }
func (f *fakeRuntime) Collect()                              {}
func (f *fakeRuntime) Flush()                                {}
func (f *fakeRuntime) Room() bool                            { return true }
func (f *fakeRuntime) Busy() (string, bool)                  { return "", true }
func (f *fakeRuntime) Process() int                          { return 0 }
func (f *fakeRuntime) Begun(int) int                         { return math.MaxInt }
func (f *fakeRuntime) Handled(int) bool                      { return true }
func (f *fakeRuntime) MidTurn() bool                         { return false }
func (f *fakeRuntime) Stop()                                 { f.stop() }
func (f *fakeRuntime) Stuck() <-chan struct{}                { return f.stuck }
func (f *fakeRuntime) Close() error                          { return nil }

func (f *fakeRuntime) Listening() ([]string, error) {
	return []string{"fetch", "websocketupgrade", "websocketmessage", "websocketclose"}, nil
}

func (f *fakeRuntime) Dispatch(_ time.Time, id int, e script.Event) error {
	if m, ok := e.(*script.Message); ok && string(m.Payload.Data) == "stuck" {
		close(f.stuck)
		<-f.stopped
		return script.ErrInterrupted
	}
	go f.host.Enqueue(func() error { return f.handle(id, e) })
	return nil
}

func (f *fakeRuntime) handle(id int, e script.Event) error {
	switch e := e.(type) {
	case *script.Request:
		if e.Upgrade {
			if _, err := f.host.Accept(id, linger.AcceptOptions{Data: "J" + `"data"`}, false); err != nil {
				return err
			}
			f.host.Done(id)
			return nil
		}
		if strings.HasSuffix(e.URL, "/echo") {
			f.received = e.Received
			f.host.Respond(id, http.StatusOK, http.Header{}, script.Body{Written: 1})
			f.echo()
			return nil
		}
		f.host.Respond(id, http.StatusOK, http.Header{}, script.Body{Content: []byte(f.version + " " + e.URL)})
	case *script.Message:
		return f.message(id, e)
	case *script.Fetched:
		if f.fetched = e.Received; f.fetched == 0 {
			return f.sendFetched(e.Failure + string(e.Body))
		}
		if chunk := f.host.ReadBody(f.fetched, true); chunk != nil { // otherwise a BodyChunk follows
			return f.sendFetched(string(chunk.Data))
		}
	case *script.BodyChunk:
		if f.fetched != 0 && e.Body == f.fetched {
			return f.sendFetched(string(e.Data))
		}
		if f.echoChunk(e) {
			f.echo()
		}
	case *script.BodyRoom:
		f.echo()
	case *script.BodyCancelled:
		f.host.Console(slog.LevelInfo, fmt.Sprintf("body %d was cancelled: %s", e.Body, e.Reason))
		f.host.CancelBody(f.received)
	default:
		f.host.Done(id)
	}
	return nil
}

// sendFetched sends the body of the answer to a fetch, or why there is none, and ends the event that has sent the request.
func (f *fakeRuntime) sendFetched(text string) error {
	defer f.host.Done(f.event)
	return f.host.Send(f.connection, linger.Text("fetched "+text))
}

// echo echoes chunks until one has not arrived, or there is no room for the next one.
func (f *fakeRuntime) echo() {
	for chunk := f.host.ReadBody(f.received, false); chunk != nil && f.echoChunk(chunk); {
		chunk = f.host.ReadBody(f.received, false)
	}
}

// echoChunk echoes a chunk and reports whether the next one may follow.
func (f *fakeRuntime) echoChunk(chunk *script.BodyChunk) bool {
	switch {
	case chunk.Failure != nil: // the client has disconnected, so BodyCancelled follows
	case chunk.End:
		f.host.EndBody(1)
	default:
		return f.host.WriteBody(1, chunk.Data)
	}
	return false
}

func (f *fakeRuntime) message(id int, m *script.Message) error {
	text := string(m.Payload.Data)
	target, isFetch := strings.CutPrefix(text, "fetch ")
	switch {
	case text == "crash":
		return &script.Failure{Cause: errors.New("the process has exited")}
	case text == "throw":
		f.host.Threw(id, &script.Exception{Name: "TypeError", Message: "thrown"}, nil)
	case isFetch:
		f.connection, f.event = m.Connection, id
		request, err := fetch.NewRequest("GET", target, "follow", http.Header{}, nil)
		if err != nil {
			return err
		}
		return f.host.Fetch(1, 0, request, script.Body{})
	}
	defer f.host.Done(id)
	return f.host.Send(m.Connection, linger.Text(f.version+" "+text+" "+f.host.Data(m.Connection)))
}

// fakeApp is an application that runs in fakeRuntimes.
type fakeApp struct {
	*App
	t    *testing.T
	path string
	url  string
	log  *syncBuffer
}

// syncBuffer is the text of a log.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func serveFake(t *testing.T, launch script.Launch, opts Options) *fakeApp {
	t.Helper()
	f := &fakeApp{t: t, path: filepath.Join(t.TempDir(), "app.js"), log: &syncBuffer{}}
	f.write("v1")
	opts.Logger = slog.New(slog.NewTextHandler(f.log, nil))
	a, err := load(f.path, opts, launch, false)
	if err != nil {
		t.Fatal(err)
	}
	f.App = a
	server := httptest.NewServer(a)
	f.url = server.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
		defer cancel()
		if err := a.Shutdown(ctx); err != nil {
			t.Errorf("the application shuts down; got %v", err)
		}
		server.Close()
	})
	return f
}

func (f *fakeApp) write(version string) {
	f.t.Helper()
	if err := os.WriteFile(f.path, []byte(`"use `+version+`"; console.log();`), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fakeApp) dial() *websocket.Conn {
	f.t.Helper()
	c, err := websocket.Dial(f.t.Context(), f.url, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(c.CloseNow)
	return c
}

func (f *fakeApp) send(c *websocket.Conn, texts ...string) {
	f.t.Helper()
	for _, text := range texts {
		if err := c.Write(f.t.Context(), websocket.Text, []byte(text)); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *fakeApp) want(c *websocket.Conn, texts ...string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), testTimeout)
	defer cancel()
	for _, want := range texts {
		_, got, err := c.Read(ctx)
		if err != nil || string(got) != want {
			f.t.Fatalf("the next message is %q; got %q, %v", want, got, err)
		}
	}
}

func TestRuntimeHandlesEventsWithoutAnEngine(t *testing.T) {
	t.Parallel()
	f := serveFake(t, launchFake, Options{})
	c := f.dial()
	f.send(c, "a", "b", "throw", "c")
	f.want(c, `v1 a J"data"`, `v1 b J"data"`, `v1 throw J"data"`, `v1 c J"data"`)
	if !strings.Contains(f.log.String(), `"TypeError: thrown"`) {
		t.Errorf("the exception of a listener is logged; got %s", f.log)
	}
	response, err := http.Get(f.url + "/path")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if want := "v1 " + f.url + "/path"; err != nil || string(body) != want {
		t.Errorf("a plain request gets %q; got %q, %v", want, body, err)
	}
	f.send(c, "fetch "+f.url+"/other", "d")
	f.want(c, "fetched v1 "+f.url+"/other", `v1 d J"data"`)
}

func TestRuntimeStreamsBodiesWithoutAnEngine(t *testing.T) {
	t.Parallel()
	console := &syncBuffer{}
	f := serveFake(t, launchFake, Options{MaxBody: 1 << 30, Stdout: console})
	const size = 20 << 20
	reader, writer := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+"/echo", reader)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = writer.Write(make([]byte, size)) }()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if n, err := io.CopyN(io.Discard, response.Body, size); err != nil {
		t.Errorf("a body is echoed while it arrives; got %d bytes, %v", n, err)
	}
	cancel()
	for deadline := time.Now().Add(testTimeout); !strings.Contains(console.String(), "body 1 was cancelled: the client has disconnected"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("a client that disconnects cancels the body of its response; the console is %q", console)
		}
	}
}

func TestRuntimeIsReplacedWithoutAnEngine(t *testing.T) {
	t.Parallel()
	f := serveFake(t, launchFake, Options{})
	c := f.dial()
	f.send(c, "crash", "after")
	f.want(c, `v1 after J"data"`)
	if got := f.Workers()[0].Failures; got != 1 {
		t.Errorf("one runtime has failed; got %d", got)
	}
	if log := f.log.String(); !strings.Contains(log, "please report it") || !strings.Contains(log, "the process has exited") {
		t.Errorf("the failure is logged; got %s", log)
	}
}

func TestRuntimeThatIsStuckIsReplacedWithoutAnEngine(t *testing.T) {
	t.Parallel()
	f := serveFake(t, launchFake, Options{})
	c := f.dial()
	f.send(c, "stuck", "after")
	f.want(c, `v1 after J"data"`)
	if got := f.Workers()[0].Failures; got != 1 {
		t.Errorf("one runtime has failed; got %d", got)
	}
}

func TestAppReloadWithoutAnEngine(t *testing.T) {
	t.Parallel()
	f := serveFake(t, launchFake, Options{Workers: 2})
	c := f.dial()
	f.send(c, "a")
	f.want(c, `v1 a J"data"`)
	f.write("v2")
	if err := f.Reload(); err != nil {
		t.Fatal(err)
	}
	f.send(c, "b")
	f.want(c, `v2 b J"data"`)
	for _, status := range f.Workers() {
		if status.Generation != 2 || status.State != stateRunning {
			t.Errorf("each worker runs the second version; got %+v", status)
		}
	}
}

func TestWorkerSleepsWithoutAnEngine(t *testing.T) {
	t.Parallel()
	f := serveFake(t, launchFake, Options{SleepAfter: 10 * time.Millisecond})
	c := f.dial()
	for deadline := time.Now().Add(testTimeout); f.Workers()[0].Sleeps == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the worker falls asleep")
		}
	}
	f.send(c, "a")
	f.want(c, `v1 a J"data"`)
}
