package admin

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/rate"
)

const (
	maxTails        = 16      // readers at the same time
	tailQueue       = 512     // events that wait for a reader's goroutine
	maxTailPayload  = 4 << 10 // bytes of a payload that are sent
	defaultTailRate = 1000    // events per second
	maxTailRate     = 10_000
)

// tailEvents are the events of a tail.
var tailEvents = []string{"opened", "message", "sent", "slow", "closed", "refused", "failure", "reload", "replacement", "drain", "upgrade", "start"}

// tails are those who read events. Recording an event costs one load of the pointer when there are none.
type tails struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*tail] // nil if there are none; replaced at every change
}

// tail is what one reader of events gets. Events that it cannot take are counted.
type tail struct {
	filter   filter
	wants    map[string]bool // the events; nil for all
	payloads bool
	events   chan Event
	dropped  atomic.Int64
	decided  sync.Map      // *linger.Socket to whether it passes filter.static
	done     chan struct{} // closed when the reader has gone

	mu        sync.Mutex
	bucket    rate.Bucket
	perSecond float64
}

// newTail returns a tail for the query of a request.
func newTail(query url.Values) (*tail, error) {
	f, err := newFilter(query)
	if err != nil {
		return nil, err
	}
	perSecond, err := numberParameter(query, "rate", defaultTailRate, 1, maxTailRate)
	if err != nil {
		return nil, err
	}
	payloads, err := flag("payloads", query.Get("payloads"))
	if err != nil {
		return nil, err
	}
	t := &tail{filter: f, payloads: payloads, perSecond: float64(perSecond), events: make(chan Event, tailQueue), done: make(chan struct{})}
	for name := range strings.SplitSeq(query.Get("events"), ",") {
		switch {
		case name == "":
			continue
		case !slices.Contains(tailEvents, name):
			return nil, badRequest("bad_parameter", "events=%q: expected some of %s, with commas between them", name, strings.Join(tailEvents, ","))
		case t.wants == nil:
			t.wants = map[string]bool{}
		}
		t.wants[name] = true
	}
	return t, nil
}

// tailParameters are the names of the parameters of a tail.
var tailParameters = append([]string{"events", "payloads", "rate"}, filterNames...)

// add adds a tail, and reports false if there are too many.
func (ts *tails) add(t *tail) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	var list []*tail
	if old := ts.list.Load(); old != nil {
		list = *old
	}
	if len(list) >= maxTails {
		return false
	}
	list = append(slices.Clone(list), t)
	ts.list.Store(&list)
	return true
}

// remove removes a tail.
func (ts *tails) remove(t *tail) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	old := ts.list.Load()
	if old == nil {
		return
	}
	list := slices.DeleteFunc(slices.Clone(*old), func(other *tail) bool { return other == t })
	if len(list) == 0 {
		ts.list.Store(nil)
		return
	}
	ts.list.Store(&list)
}

// all returns the tails.
func (ts *tails) all() []*tail {
	if list := ts.list.Load(); list != nil {
		return *list
	}
	return nil
}

// socket records an event of a connection. fill, which may be nil, completes it.
func (ts *tails) socket(rec *Recorder, s *linger.Socket, name string, fill func(*Event)) {
	for _, t := range ts.all() {
		if !t.takes(name) || !t.passes(s) || !t.admit() {
			continue
		}
		e := Event{Time: time.Now(), Event: name, Connection: s.ID(), URL: target(s, rec.queries.Load()), Address: s.RemoteAddr()}
		if fill != nil {
			fill(&e)
		}
		t.send(e)
	}
}

// message records a message of a connection. The payload is valid during the call only.
func (ts *tails) message(rec *Recorder, s *linger.Socket, name string, p linger.Payload) {
	for _, t := range ts.all() {
		if !t.takes(name) || !t.passes(s) || !t.admit() {
			continue
		}
		size := len(p.Data)
		e := Event{
			Time: time.Now(), Event: name, Connection: s.ID(), URL: target(s, rec.queries.Load()), Address: s.RemoteAddr(),
			Kind: kindOf(p.Binary), Size: &size,
		}
		if t.payloads {
			e.setPayload(p)
		}
		t.send(e)
	}
}

// setPayload copies the first bytes of a payload.
func (e *Event) setPayload(p linger.Payload) {
	e.Truncated = len(p.Data) > maxTailPayload
	if p.Binary {
		e.Data = bytes.Clone(p.Data[:min(len(p.Data), maxTailPayload)])
		return
	}
	text := string(p.Data[:min(len(p.Data), maxTailPayload+utf8.UTFMax)])
	text = cut(text, maxTailPayload)
	e.Text = &text
}

// refused records that an upgrade request was refused.
func (ts *tails) refused(rec *Recorder, r *http.Request, status int, reason string) {
	for _, t := range ts.all() {
		if !t.takes("refused") || t.filter.id != "" || t.filter.channel != "" || !t.passesRequest(rec, r) || !t.admit() {
			continue
		}
		t.send(Event{Time: time.Now(), Event: "refused", URL: r.URL.EscapedPath(), Address: r.RemoteAddr, Status: status, Reason: reason})
	}
}

// entry records an entry of the timeline. It is not for a tail of the connections with a URL, address or channel.
func (ts *tails) entry(e Entry) {
	for _, t := range ts.all() {
		f := &t.filter
		if !t.takes(e.Kind) || f.path != "" || f.network.IsValid() || f.channel != "" || f.id != "" && f.id != e.Connection || !t.admit() {
			continue
		}
		t.send(Event{Time: e.Last, Event: e.Kind, Connection: e.Connection, Entry: &e})
	}
}

// forget removes what the tails keep about a connection that has ended.
func (ts *tails) forget(s *linger.Socket) {
	for _, t := range ts.all() {
		t.decided.Delete(s)
	}
}

func (t *tail) takes(name string) bool { return t.wants == nil || t.wants[name] }

// passes reports whether a connection passes the filter.
func (t *tail) passes(s *linger.Socket) bool {
	static, known := t.decided.Load(s)
	if !known {
		static = t.filter.static(s)
		t.decided.Store(s, static)
	}
	return static == true && t.filter.state(s) && (t.filter.channel == "" || slices.Contains(s.Channels(), t.filter.channel))
}

// passesRequest reports whether a request that was refused passes the filter.
func (t *tail) passesRequest(rec *Recorder, r *http.Request) bool {
	if t.filter.path != "" && !matches(t.filter.path, r.URL.EscapedPath()) {
		return false
	}
	server := rec.server.Load()
	return !t.filter.network.IsValid() || server != nil && isIn(t.filter.network, server.RemoteIP(r))
}

// admit reports whether the rate of the tail allows an event, and counts it if not.
func (t *tail) admit() bool {
	t.mu.Lock()
	ok := t.bucket.Take(t.perSecond)
	t.mu.Unlock()
	if !ok {
		t.dropped.Add(1)
	}
	return ok
}

// send queues an event for the reader, or counts it if the queue is full.
func (t *tail) send(e Event) {
	select {
	case t.events <- e:
	default:
		t.dropped.Add(1)
	}
}

// dropPause is the time after which dropped events are reported.
const dropPause = time.Second

// run sends the events to the reader until it has gone. What the reader's connection does not take is counted as dropped, too.
func (t *tail) run(reader *linger.Socket) {
	report := time.NewTicker(dropPause)
	defer report.Stop()
	for {
		select {
		case e := <-t.events:
			if !sendJSON(reader, e) {
				t.dropped.Add(1)
			}
		case <-report.C:
			t.reportDropped(reader)
		case <-t.done:
			return
		}
	}
}

// reportDropped sends the number of the events that were dropped since the last report.
func (t *tail) reportDropped(reader *linger.Socket) {
	n := t.dropped.Swap(0)
	if n > 0 && !sendJSON(reader, Event{Time: time.Now(), Event: "dropped", Count: n}) {
		t.dropped.Add(n)
	}
}

// sendJSON sends a value, and reports whether the reader's send queue has taken it.
func sendJSON(to *linger.Socket, value any) bool {
	text, err := json.Marshal(value)
	return err == nil && to.TrySend(linger.Payload{Data: text}) == nil
}
