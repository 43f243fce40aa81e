package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
)

// administered is a server with an admin listener, for the commands that use it.
type administered struct {
	*linger.Server
	t       *testing.T
	handler http.Handler // of the admin API
	url     string       // of the server
	address string       // of the admin listener
}

// administer starts a server that echoes messages and subscribes connections to the channel "all".
func administer(t *testing.T, token string) *administered {
	t.Helper()
	recorder := admin.NewRecorder()
	server := linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{Channels: []string{"all"}}) },
		OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) },
	}, linger.Options{Trace: recorder.Trace(), Stats: true, Logger: slog.New(slog.DiscardHandler), Node: "test"})
	handler := admin.New(admin.Options{
		Server: server, Recorder: recorder, Token: token, Logger: slog.New(slog.DiscardHandler), Version: "v1", App: "app.js",
		Workers: func() []admin.Worker { return []admin.Worker{{State: "asleep", Generation: 2, Events: 7}} },
	})
	web, api := httptest.NewServer(server), httptest.NewServer(handler)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
		defer cancel()
		_ = server.Shutdown(ctx)
		_ = handler.Shutdown(ctx)
		web.Close()
		api.Close()
	})
	return &administered{Server: server, t: t, handler: handler, url: web.URL, address: strings.TrimPrefix(api.URL, "http://")}
}

// connect connects a client, and returns it with its id.
func (a *administered) connect(path string) (client *testclient.Client, id string) {
	a.t.Helper()
	before := map[string]bool{}
	for s := range a.Sockets("") {
		before[s.ID()] = true
	}
	client, err := testclient.Dial(a.url + path)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(client.Abort)
	for deadline := time.Now().Add(testTimeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for s := range a.Sockets("") {
			if !before[s.ID()] {
				return client, s.ID()
			}
		}
	}
	a.t.Fatal("the server lists the connection")
	return nil, ""
}

// lockedBuffer is a buffer for a stream.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// linger runs a command with --admin, and returns what it has printed.
func (a *administered) linger(args ...string) (string, error) {
	a.t.Helper()
	var out lockedBuffer
	err := a.start(&out, args...)
	return out.String(), err
}

// start runs a command whose output goes to out.
func (a *administered) start(out *lockedBuffer, args ...string) error {
	var cli commands
	parser, err := cli.parser()
	if err != nil {
		return err
	}
	command, err := parser.Parse(append(args, "--admin="+a.address))
	if err != nil {
		return err
	}
	to := &streams{out: newStream(out), err: newStream(out)}
	defer to.flush()
	return command.Run(to)
}

// wants fails the test unless a command succeeds, and prints a match of the regular expression.
func (a *administered) wants(pattern string, args ...string) {
	a.t.Helper()
	got, err := a.linger(args...)
	if err != nil || !regexp.MustCompile(pattern).MatchString(got) {
		a.t.Errorf("linger %q prints %s; got\n%s%v", args, pattern, got, err)
	}
}

// fails fails the test unless the error of a command contains text.
func (a *administered) fails(text string, args ...string) {
	a.t.Helper()
	got, err := a.linger(args...)
	if err == nil || !strings.Contains(err.Error(), text) {
		a.t.Errorf("linger %q fails with %q; got %v and %q", args, text, err, got)
	}
}

// wantEvent fails the test unless a client receives an event next.
func wantEvent(t *testing.T, client *testclient.Client, want string) {
	t.Helper()
	if got, err := client.Receive(); err != nil || got != want {
		t.Errorf("the client receives %q; got %q %v", want, got, err)
	}
}

func TestConns(t *testing.T) {
	t.Parallel()
	a := administer(t, "")
	ann, id := a.connect("/chat?secret=1")
	_, other := a.connect("/news")

	a.wants(`(?m)^ID +ADDRESS +URL +STATE +AGE .*\n`+id+` +127\.0\.0\.1:\d+ +/chat +open .*\n`+other+` .*\n\z`, "conns", "ls")
	a.wants(`(?m)^ID.*\n`+other+` .*\n\z`, "conns", "ls", "--url=/news")
	a.wants(`(?m)^ID.*\n`+other+` .*\n\z`, "conns", "ls", "--sort=newest", "--limit=1")
	a.wants(`\A\{"id":"`+id+`".*\}\n\{"id":"`+other+`".*\}\n\z`, "conns", "ls", "--json")
	a.wants(`(?s)id +`+id+`\n.*url +/chat\n.*state +open\n.*channels +all\n`, "conns", "get", id)

	a.wants(`\A\z`, "conns", "send", id, "hello")
	wantEvent(t, ann, "text hello")
	a.wants(`\A\z`, "conns", "send", "--binary", id, "\x01")
	wantEvent(t, ann, "binary \x01")
	a.wants(`(?s)DIRECTION.*out +text +5B\n.*out +binary +1B\n`, "conns", "get", id)

	a.wants(`\Asent to 2 connections\n`, "publish", "all", "news")
	wantEvent(t, ann, "text news")
	a.wants(`\A\z`, "conns", "subscribe", id, "a/b c")
	a.wants(`(?m)^a/b c +1$`, "channels")
	a.wants(`\A\{"receivers":1\}\n`, "publish", "--json", "a/b c", "more")
	wantEvent(t, ann, "text more")
	a.wants(`\A\z`, "conns", "unsubscribe", id, "a/b c")
	a.wants(`\Asent to no connections\n`, "publish", "a/b c", "nothing")

	a.fails("3000-4999", "conns", "close", id, "--code=1005")
	a.wants(`\A\z`, "conns", "close", id, "--code=4001", "--reason=moved")
	wantEvent(t, ann, "close 4001 moved")
	a.fails("connection_gone", "conns", "get", "test.unknown")
}

func TestWorkersStatusFailures(t *testing.T) {
	t.Parallel()
	a := administer(t, "")
	a.wants(`(?m)^WORKER +STATE.*\n0 +asleep +2 +- +0 +0 +7 +0 +-\n`, "workers")
	a.wants(`"generation":2`, "workers", "--json")
	a.wants(`(?s)state +ready\n.*application +app\.js\n.*node +test\n`, "status")
	a.wants(`"state":"ready"`, "status", "--json")
	a.wants(`\ALAST +COUNT`, "failures")
}

func TestTail(t *testing.T) {
	t.Parallel()
	a := administer(t, "")
	ann, id := a.connect("/chat")
	var out, filtered lockedBuffer
	go func() { _ = a.start(&out, "tail", "--payloads") }()
	go func() { _ = a.start(&filtered, "tail", "--json", "--events=closed", "--url=/chat") }()
	// Each step is repeated, because a feed reports what happens after it was opened.
	waitFor(t, "the tail shows messages, without control characters", func() bool {
		_ = ann.Send(protocol.Text, "\x1b[2Jh\u00e9llo")
		_, _ = a.linger("conns", "send", id, "tick")
		return strings.Contains(out.String(), `"\x1b[2Jhéllo"`) && strings.Contains(out.String(), `"tick"`) && !strings.Contains(out.String(), "\x1b")
	})
	ended := regexp.MustCompile(`closed +\S+ /chat \S+ 4002 "bye" by client, cause close`)
	waitFor(t, "the tail shows ends, with who closed and why", func() bool {
		extra, _ := a.connect("/chat")
		_ = extra.Close(4002, "bye")
		return ended.MatchString(out.String())
	})
	waitFor(t, "a tail with filters has only what passes them", func() bool {
		extra, _ := a.connect("/chat")
		_ = extra.Close(4002, "bye")
		line, _, _ := strings.Cut(filtered.String(), "\n")
		var e admin.Event
		return json.Unmarshal([]byte(line), &e) == nil && e.Event == "closed" && !strings.Contains(filtered.String(), `"event":"sent"`)
	})
}

// waitFor waits until something holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testTimeout); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, testTimeout)
		}
	}
}

func TestTop(t *testing.T) {
	t.Parallel()
	a := administer(t, "")
	a.connect("/chat")
	a.wants(`(?m)\ATIME +CONNS.*STATE\n\d\d:\d\d:\d\d +1 .* ready\n\z`, "top", "--count=1")
	a.wants(`\A\{.*"connections":\{"total":1.*\}\n\z`, "top", "--count=1", "--json")
}

func TestScreen(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := &admin.Live{
		Time:     now,
		Status:   admin.Status{Version: "v1", App: "a\x1b.js", State: "draining", Started: now.Add(-90 * time.Minute)},
		Closes:   []admin.CloseCount{{Code: 1006, Initiator: "neither", Cause: "keepalive", Count: 3}},
		Slow:     []admin.Connection{{ID: "n.1", Address: "192.0.2.1:1", URL: "/slow", Buffered: 3 << 20}},
		Workers:  []admin.Worker{{State: "running", Reason: "an event is in progress"}},
		Timeline: []admin.Entry{{Last: now, Kind: "failure", Text: "TypeError: x\n    at app.js:1:1"}},
		Drain:    &admin.DrainStatus{Left: 5, Total: 20},
	}
	got := screen(l)
	for _, want := range []string{"draining, 5 of 20 left", "up 1h30m", "3       1006  neither  keepalive", "/slow  3.0MiB", "an event is in progress", "failure  TypeError: x\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("the screen has %q; got\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("the screen has no control characters of the application's; got %q", got)
	}
}

func TestAdminToken(t *testing.T) {
	t.Parallel()
	a := administer(t, "0123456789abcdef")
	a.fails("set LINGER_ADMIN_TOKEN, or give --token", "conns", "ls")
	a.fails("set LINGER_ADMIN_TOKEN, or give --token", "top")
	a.wants(`\AID`, "conns", "ls", "--token=0123456789abcdef")
	a.wants(`ready`, "top", "--count=1", "--token=0123456789abcdef")
}

func TestAdminUnreachable(t *testing.T) {
	t.Parallel()
	free := httptest.NewServer(http.NotFoundHandler())
	notLinger := &administered{t: t, address: strings.TrimPrefix(free.URL, "http://")}
	notLinger.fails("it may not be the admin listener of Linger", "status")
	notLinger.fails("it may not be the admin listener of Linger", "tail")
	free.Close()
	notLinger.fails("is linger running there?", "status")
	notLinger.fails("is linger running there?", "top")
	nonsense := &administered{t: t, address: "nonsense"}
	nonsense.fails("is not the address of an admin listener", "status")
}

func TestAdminUnixSocket(t *testing.T) {
	t.Parallel()
	a := administer(t, "")
	socket := filepath.Join(t.TempDir(), "admin.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Skipf("there are no Unix sockets: %v", err)
	}
	api := &http.Server{Handler: a.handler}
	go func() { _ = api.Serve(l) }()
	t.Cleanup(func() { _ = api.Close() })
	a.address = "unix:" + socket
	a.wants(`\AID`, "conns", "ls")
	a.wants(`ready`, "top", "--count=1")
}
