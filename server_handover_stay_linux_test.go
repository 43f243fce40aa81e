package linger_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/deflate"
	"github.com/lingerws/linger/websocket"
)

// serveBoth serves an application on real TCP, and on connections in memory, which cannot move.
func serveBoth(t *testing.T, app linger.HandlerFuncs) (s, fixed *service) {
	t.Helper()
	s = serveTCP(t, app, linger.Options{})
	l := memconn.Listen()
	fixed = &service{t: t, Server: s.Server, ends: s.ends}
	fixed.dial = func() (net.Conn, error) { return l.Dial() }
	fixed.listen(l)
	return s, fixed
}

// A connection that cannot move stays in the old process, receives what both processes publish, and is closed with 1012 at its bound.
func TestHandoverConnectionStays(t *testing.T) {
	app := linger.HandlerFuncs{OnMessage: echo, OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"lobby"}}, nil)}
	from, memory := serveBoth(t, app)
	to := serveTCP(t, app, linger.Options{})
	moves, stays := from.opened(), memory.opened()
	if m := from.Movable(); m.Move != 1 || len(m.Stay) != 1 {
		t.Errorf("one connection would move, and one stay; got %+v", m)
	}
	h := startHandover(t, from, to, linger.HandoverOptions{}, linger.ReceiveOptions{})
	moves.text("hello")
	moves.want("text hello")
	stays.text("hello")
	stays.want("text hello")
	for _, s := range []*service{from, to} {
		_, _ = s.Publish("lobby", linger.Text("news"))
		moves.want("text news")
		stays.want("text news")
	}
	third := serveTCP(t, app, linger.Options{})
	done := make(chan struct{})
	go func() { // a second hand-over does not wait for an hour
		defer close(done)
		handOver(t, to, third)
	}()
	stays.want("close 1012 service restart")
	stays.close(protocol.CloseServiceRestart, "")
	stays.want("EOF")
	<-done
	if report := h.end(); report.Moved != 1 || len(report.Stayed) != 1 {
		t.Errorf("one connection has moved, and one stayed; got %+v", report)
	}
	if end := from.end(); end.Cause != linger.CauseHandover || !end.Clean {
		t.Errorf("the cause is handover; got %+v", end.Outcome)
	}
	moves.text("third")
	moves.want("text third")
	if third.Count() != 1 || to.Count() != 0 {
		t.Errorf("the connection has moved twice; %d and %d are there", to.Count(), third.Count())
	}
}

// A request whose handler runs during the hand-over becomes a connection of the old process, and moves.
func TestHandoverUpgradeInProgress(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	from := serveTCP(t, linger.HandlerFuncs{OnMessage: echo, OnUpgrade: func(u *linger.Upgrade) {
		s, _ := u.Accept(linger.AcceptOptions{})
		_ = s.Send(linger.Text("early"))
		close(begun)
		<-goOn
	}}, linger.Options{}) // which may get the first message, too
	to := serveTCP(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{})
	c := from.client()
	c.ask()
	<-begun
	h := startHandover(t, from, to, linger.HandoverOptions{}, linger.ReceiveOptions{})
	close(goOn)
	c.answer()
	c.want("text early")
	c.text("hello")
	c.want("text hello")
	if report := h.end(); report.Moved != 1 || to.Count() != 1 {
		t.Errorf("the connection has moved; got %+v", report)
	}
}

// The windows of a compression with context takeover move.
func TestHandoverCompression(t *testing.T) {
	opts := linger.Options{}
	opts.Compression = &deflate.Options{}
	app := linger.HandlerFuncs{OnMessage: echo}
	s := serveTCP(t, app, opts)
	dial := websocket.DialOptions{}
	dial.Compression = &deflate.Options{}
	conn, err := websocket.Dial(t.Context(), s.url, &dial)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	exchange := func(message string) {
		t.Helper()
		if err := conn.Write(t.Context(), websocket.Text, []byte(message)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.Read(t.Context()); err != nil || string(got) != message {
			t.Fatalf("the message comes back; got %.40q, %v", got, err)
		}
	}
	message := "a message that is compressed with those before it " + text(1000)
	exchange(message)
	for range 3 {
		exchange("more " + message)
		next := serveTCP(t, app, opts)
		handOver(t, s, next)
		s = next
		exchange(message)
	}
}

// A program that serves with Serve hands its listener over too: no attempt to connect is refused.
func TestHandoverServe(t *testing.T) {
	app := linger.HandlerFuncs{OnMessage: echo}
	old, next := linger.NewServer(app, linger.Options{}), linger.NewServer(app, linger.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- old.Serve(l) }()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	service := &service{t: t, dial: func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }}
	c := service.connect()
	ours, theirs := newLink(t)
	done := make(chan error, 1)
	go func() {
		_, err := old.Handover(t.Context(), ours, linger.HandoverOptions{Listeners: map[string]*os.File{"web": file}})
		done <- err
	}()
	var taken net.Listener
	err = next.Receive(t.Context(), theirs, linger.ReceiveOptions{Listener: func(name string, f *os.File) (err error) {
		if name != "web" {
			t.Errorf("the listener is called web; got %s", name)
		}
		taken, err = net.FileListener(f)
		return errors.Join(err, f.Close())
	}})
	if err != nil {
		t.Fatal(err)
	}
	again := make(chan error, 1)
	go func() { again <- next.Serve(taken) }()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantError(t, "Serve of the old server has ended", <-served, http.ErrServerClosed)
	for _, c := range []*client{c, service.connect()} {
		c.text("hello")
		c.want("text hello")
		c.leave()
	}
	if err := next.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	wantError(t, "Serve of the new server has ended", <-again, http.ErrServerClosed)
}

// Each process closes the descriptors that it does not need.
func TestHandoverDescriptors(t *testing.T) {
	count := func() int {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	app := linger.HandlerFuncs{OnMessage: echo}
	x := situation{app: app}
	s := x.start(t)
	s.c.text("a")
	s.c.want("text a")
	before := count()
	for range 3 {
		s.fail()
	}
	for range 20 {
		c := s.connect()
		next := serveTCP(t, app, linger.Options{})
		handOver(t, s.service, next)
		s.service = next
		c.leave()
		_ = c.nc.Close()
	}
	s.c.text("b")
	s.c.want("text b")
	const listeners = 23
	waitFor(t, "descriptors are closed", func() bool { return count() <= before+listeners+5 })
}
