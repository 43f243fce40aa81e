package linger

import (
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// A goroutine that finds the connection attached must not send before what was sent early.
func TestSocketAttachSendsPendingFirst(t *testing.T) {
	const many = 5000
	socket := &Socket{server: NewServer(HandlerFuncs{}, Options{}), id: "test", pending: &pendingSends{}}
	for range many {
		if err := socket.Send(Text("early")); err != nil {
			t.Fatal(err)
		}
	}
	nc, peer := memconn.Pipe()
	peer.SetCapacity(1 << 20)
	late := make(chan error)
	go func() {
		for socket.conn.Load() == nil {
			runtime.Gosched()
		}
		late <- socket.Send(Text("late"))
	}()
	socket.attach(driver.New(nc, protocol.Server, nil, driver.Options{}))
	if err := <-late; err != nil {
		t.Errorf("an attached socket takes messages; got %v", err)
	}
	all := make([]byte, many*len("..early")+len("..late"))
	if _, err := io.ReadFull(peer, all); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(string(all), "late") {
		t.Error("what is sent after the 101 must arrive after what was sent early; it overtook")
	}
	socket.CloseNow()
	_ = peer.Close()
}

// Before the handshake is complete and right after it the same bytes wait.
func TestSocketAttachKeepsBuffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		socket := &Socket{server: NewServer(HandlerFuncs{}, Options{}), id: "test", pending: &pendingSends{}}
		for _, n := range []int{0, 1, 125, 126, 65535, 65536} {
			if err := socket.Send(Binary(make([]byte, n))); err != nil {
				t.Fatal(err)
			}
		}
		before := socket.Buffered()
		nc, peer := memconn.Pipe()
		peer.SetCapacity(0)
		socket.attach(driver.New(nc, protocol.Server, nil, driver.Options{KeepAlive: -1}))
		synctest.Wait()
		if after := socket.Buffered(); after != before || before == 0 {
			t.Errorf("nothing was written: %d bytes wait as before; got %d", before, after)
		}
		socket.CloseNow()
		_ = peer.Close()
	})
}

func TestRequestSnapshot(t *testing.T) {
	for name, c := range map[string]struct {
		target string
		header http.Header
		from   forwarding.Client
		url    string
	}{
		"plain":     {"/chat?room=1&x=%20", http.Header{"Origin": {"http://a.example"}, "X-Two": {"a", "b: c"}}, forwarding.Client{Text: "1.2.3.4:5", Addr: netip.MustParseAddr("1.2.3.4")}, "http://example.com/chat?room=1&x=%20"},
		"secure":    {"/", http.Header{}, forwarding.Client{Text: "::1", Addr: netip.MustParseAddr("::1"), Secure: true}, "https://example.com/"},
		"escaped":   {"/a%2Fb//c?", http.Header{"Empty": {""}}, forwarding.Client{}, "http://example.com/a%2Fb//c?"},
		"no target": {"http://example.com", http.Header{}, forwarding.Client{}, "http://example.com/"},
		"forwarded": {"/", http.Header{}, forwarding.Client{Text: "1.2.3.4:5", Addr: netip.MustParseAddr("6.7.8.9")}, "http://example.com/"},
		"no address, which the remote address has": {"/", http.Header{}, forwarding.Client{Text: "1.2.3.4"}, "http://example.com/"},
		"a zone":           {"/", http.Header{}, forwarding.Client{Text: "[fe80::1%eth0]:5", Addr: netip.MustParseAddr("fe80::1")}, "http://example.com/"},
		"a Unix socket":    {"/", http.Header{}, forwarding.Client{Text: "@"}, "http://example.com/"},
		"of a browser":     {"/", browserHeader(), forwarding.Client{}, "http://example.com/"},
		"bytes past ASCII": {"/", http.Header{"\x80": {"a"}, "\xff": {""}, "A": {"\x81"}}, forwarding.Client{}, "http://example.com/"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, c.target, nil)
			r.Header = c.header
			made, _ := newRequestSnapshot(r, c.from, "chat.v1")
			got := parseSnapshot(made.text())
			if got != made {
				t.Errorf("a snapshot that another process has read equals %q; got %q", made, got)
			}
			if u := got.url().String(); u != c.url {
				t.Errorf("the URL is %s; got %s", c.url, u)
			}
			if h := got.header(); !reflect.DeepEqual(h, c.header) {
				t.Errorf("the header is %q; got %q", c.header, h)
			}
			if got.field(snapshotRemote) != c.from.Text || got.addr() != c.from.Addr || got.field(snapshotSubprotocol) != "chat.v1" {
				t.Errorf("the client and the subprotocol are remembered; got %q", got)
			}
		})
	}
}

// browserHeader returns the fields that a browser sends.
func browserHeader() http.Header {
	return http.Header{
		"Accept-Encoding":          {"gzip, deflate, br, zstd"},
		"Accept-Language":          {"de-DE,de;q=0.9"},
		"Cache-Control":            {"no-cache"},
		"Connection":               {"Upgrade"},
		"Cookie":                   {"session=0123456789abcdef"},
		"Origin":                   {"https://chat.example.com"},
		"Pragma":                   {"no-cache"},
		"Sec-Websocket-Extensions": {"permessage-deflate; client_max_window_bits"},
		"Sec-Websocket-Key":        {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Sec-Websocket-Version":    {"13"},
		"Upgrade":                  {"websocket"},
		"User-Agent":               {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"},
	}
}

// Every beginning is found, although others begin with the same byte or are a part of it.
func TestRequestSnapshotBeginnings(t *testing.T) {
	for _, begin := range beginnings[1:] {
		for _, rest := range []string{"", "x", ":"} {
			short := string(shorten([]byte("line\n"+begin+rest), 5))
			if want := len("line\n") + 1 + len(rest); len(short) != want {
				t.Errorf("the line %q takes %d bytes; got %q", begin+rest, want, short)
			}
			if b, r := lengthen(short[5:]); b+r != begin+rest {
				t.Errorf("the line %q returns; got %q", begin+rest, b+r)
			}
		}
		if len(begin) > 1 {
			if b, r := lengthen(string(shorten([]byte(begin[:len(begin)-1]), 0))); b+r != begin[:len(begin)-1] {
				t.Errorf("the line %q returns; got %q", begin[:len(begin)-1], b+r)
			}
		}
	}
}

// A million idle connections have as many snapshots.
func TestRequestSnapshotSize(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/chat", nil)
	r.Header = browserHeader()
	got, _ := newRequestSnapshot(r, forwarding.Client{Text: "192.0.2.1:12345", Addr: netip.MustParseAddr("192.0.2.1")}, "")
	if full := got.text(); len(got) > len(full)/2 {
		t.Errorf("a snapshot takes half of the %d bytes of its text at most; got %d", len(full), len(got))
	}
}

func TestRequestSnapshotHeaderBound(t *testing.T) {
	big, half := strings.Repeat("x", maxSnapshotHeader), strings.Repeat("y", maxSnapshotHeader/2)
	for name, c := range map[string]struct {
		header http.Header
		want   []string // of the names
	}{
		"the largest goes first":         {http.Header{"Cookie": {big}, "Origin": {"a"}, "X-Half": {half}}, []string{"Origin", "X-Half"}},
		"lines of one field go together": {http.Header{"Cookie": {half, half}, "Origin": {"a"}}, []string{"Origin"}},
		"nothing fits":                   {http.Header{"Cookie": {big}}, nil},
		"all of it fits":                 {http.Header{"Cookie": {half}, "Origin": {"a", "b"}, "Empty": {""}}, []string{"Cookie", "Empty", "Origin"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header = c.header
			got, _ := newRequestSnapshot(r, forwarding.Client{}, "")
			header := got.header()
			if names := slices.Sorted(maps.Keys(header)); !slices.Equal(names, c.want) {
				t.Errorf("the fields are %q; got %q", c.want, names)
			}
			for name, values := range header {
				if !slices.Equal(values, c.header[name]) {
					t.Errorf("what is kept of a field is all of it; %s is not", name)
				}
			}
			if len(got) > maxSnapshotHeader+100 {
				t.Errorf("a socket keeps 16 KiB of a header; it keeps %d bytes", len(got))
			}
		})
	}
}

func TestRequestSnapshotLineBreak(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header = http.Header{"A": {"b\nEvil: yes"}}
	got, _ := newRequestSnapshot(r, forwarding.Client{}, "")
	if h := got.header(); len(h) != 1 || h.Get("A") != "b Evil: yes" {
		t.Errorf("a value stays in its line; got %q", h)
	}
}

// gate is a driverEvents that blocks in Events until the gate
// opens.
type gate struct {
	*driverEvents
	entered, open chan struct{}
}

func (g gate) Events(*driver.Driver, []protocol.Event) (work bool) {
	close(g.entered)
	<-g.open
	return false
}

// A queue that was held back for a batch may leave in one write, and then no drain is
// reported.
func TestSocketSendPolicyBlockQueueLeavesAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = peer.Close() }()
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}

	s := NewServer(HandlerFuncs{}, Options{SendQueue: 1, Policy: PolicyBlock})
	socket := &Socket{server: s, id: "test"}
	conn := driver.New(nc, protocol.Server, nil, driver.Options{HighWater: 1})
	defer conn.CloseNow()
	g := gate{(*driverEvents)(socket), make(chan struct{}), make(chan struct{})}
	conn.Start(g)
	socket.conn.Store(conn)

	_, err = peer.Write([]byte{0x82, 0x80, 0, 0, 0, 0}) // an empty message holds the gate
	if err != nil {
		t.Fatal(err)
	}
	<-g.entered
	sent := make(chan error, 2)
	go func() {
		sent <- socket.Send(Text("first"))
		sent <- socket.Send(Text("second"))
	}()
	if err := <-sent; err != nil {
		t.Fatalf("an empty queue takes a message; got %v", err)
	}
	close(g.open)
	select {
	case err := <-sent:
		if err != nil {
			t.Errorf("the sender goes on; got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("a blocked sender goes on when its queue has left; it still waits")
	}
	if _, err := io.ReadFull(peer, make([]byte, len("..first..second"))); err != nil {
		t.Errorf("both messages arrive; got %v", err)
	}
}

// The queue may empty, and the connection may start to close, after a message was refused and before its sender waits.
func TestSocketSendPolicyBlockChecksBeforeItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc, peer := memconn.Pipe()
		defer func() { _ = peer.Close() }()
		socket := &Socket{server: NewServer(HandlerFuncs{}, Options{Policy: PolicyBlock}), id: "test"}
		conn := driver.New(nc, protocol.Server, nil, driver.Options{KeepAlive: -1})
		defer conn.CloseNow()
		conn.Start((*driverEvents)(socket))
		if err := socket.waitDrained(conn); err != nil {
			t.Errorf("a sender tries again if there is room; got %v", err)
		}
		socket.closing.Store(true)
		if err := socket.waitDrained(conn); !errors.Is(err, ErrClosed) {
			t.Errorf("a sender gets ErrClosed if the connection is closing; got %v", err)
		}
	})
}

func TestSocketSendLimitUnderMemoryPressure(t *testing.T) {
	server := NewServer(HandlerFuncs{}, Options{SendQueue: 5000, MaxMemory: 1000})
	server.memory.evicting.Store(true) // no connection is closed
	server.memory.budget.Add(1001)
	socket := &Socket{server: server, id: "test"}
	for policy, want := range map[Policy]int{PolicyClose: 1000, PolicyDrop: 1000, PolicyBlock: 5000} {
		if limit := socket.sendLimit(policy); limit != want {
			t.Errorf("under policy %d %d bytes may wait; got %d", policy, want, limit)
		}
	}
}

// Every idle connection has a Socket. One that is larger than 144 bytes takes 160 from the allocator.
func TestSocketSize(t *testing.T) {
	if size := unsafe.Sizeof(Socket{}); size > 144 {
		t.Errorf("a Socket has 144 bytes at most; got %d", size)
	}
}

// undrained is a handler that is not a Drainer.
type undrained struct{ Handler }

func TestDrainWithoutDrainer(t *testing.T) {
	for name, c := range map[string]struct {
		handler Handler
		events  int
	}{
		"a handler without the method": {undrained{HandlerFuncs{}}, 0},
		"functions without OnDrain":    {HandlerFuncs{}, 0},
		"functions with OnDrain":       {HandlerFuncs{OnDrain: func(*Drain) {}}, 1},
		"a handler with the method":    {struct{ HandlerFuncs }{}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			socket := &Socket{server: NewServer(c.handler, Options{}), id: "test"}
			socket.openQueue() // no goroutine handles the events
			socket.deliverDrain()
			if n := socket.queue.events.Len(); n != c.events {
				t.Errorf("%d events wait for the handler; got %d", c.events, n)
			}
		})
	}
}
