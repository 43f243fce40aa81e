package admin

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Recorder records what happens on a server, for a [Handler]: counters, how connections ended, failures and reloads. All methods may
// be called from any goroutine.
type Recorder struct {
	started  time.Time
	counters counters
	closes   tally[closeKind]
	ended    ended
	refusals tally[string]
	timeline history
	failures history
	tails    tails

	server  atomic.Pointer[linger.Server] // nil before New
	queries atomic.Bool                   // Options.ShowQueries
}

// NewRecorder returns a recorder.
func NewRecorder() *Recorder {
	return &Recorder{started: time.Now(), timeline: history{bound: maxTimeline}, failures: history{bound: maxFailures}}
}

// counters count what has happened.
type counters struct {
	opened, closed, refused, published, events, eventFailures, slow atomic.Int64

	messagesReceived, bytesReceived, messagesSent, bytesSent atomic.Int64
}

// load returns the totals.
func (c *counters) load() Counts {
	return Counts{
		Opened: float64(c.opened.Load()), Closed: float64(c.closed.Load()), Refused: float64(c.refused.Load()),
		MessagesReceived: float64(c.messagesReceived.Load()), BytesReceived: float64(c.bytesReceived.Load()),
		MessagesSent: float64(c.messagesSent.Load()), BytesSent: float64(c.bytesSent.Load()),
		Published: float64(c.published.Load()), Events: float64(c.events.Load()),
		EventFailures: float64(c.eventFailures.Load()), SlowMessages: float64(c.slow.Load()),
	}
}

// perSecond returns the rates at which now has grown from before.
func (now Counts) perSecond(before Counts, elapsed time.Duration) Counts {
	s := elapsed.Seconds()
	if s <= 0 {
		return Counts{}
	}
	return Counts{
		Opened: (now.Opened - before.Opened) / s, Closed: (now.Closed - before.Closed) / s, Refused: (now.Refused - before.Refused) / s,
		MessagesReceived: (now.MessagesReceived - before.MessagesReceived) / s, BytesReceived: (now.BytesReceived - before.BytesReceived) / s,
		MessagesSent: (now.MessagesSent - before.MessagesSent) / s, BytesSent: (now.BytesSent - before.BytesSent) / s,
		Published: (now.Published - before.Published) / s, Events: (now.Events - before.Events) / s,
		EventFailures: (now.EventFailures - before.EventFailures) / s, SlowMessages: (now.SlowMessages - before.SlowMessages) / s,
	}
}

// Trace returns the trace with which a server reports to the recorder.
func (rec *Recorder) Trace() *linger.Trace {
	return &linger.Trace{
		Opened: func(s *linger.Socket) {
			rec.counters.opened.Add(1)
			rec.tails.socket(rec, s, "opened", nil)
		},
		Refused: rec.refused,
		Received: func(s *linger.Socket, p linger.Payload) {
			rec.counters.messagesReceived.Add(1)
			rec.counters.bytesReceived.Add(int64(len(p.Data)))
			rec.tails.message(rec, s, "message", p)
		},
		Sent: func(s *linger.Socket, p linger.Payload) {
			rec.counters.messagesSent.Add(1)
			rec.counters.bytesSent.Add(int64(len(p.Data)))
			rec.tails.message(rec, s, "sent", p)
		},
		Published: func(string, linger.Payload, int) { rec.counters.published.Add(1) },
		Handled: func(_ *linger.Socket, _ string, times linger.EventTimes) {
			rec.counters.events.Add(1)
			if times.Failed {
				rec.counters.eventFailures.Add(1)
			}
		},
		Slow: func(s *linger.Socket, policy linger.Policy) {
			rec.counters.slow.Add(1)
			rec.tails.socket(rec, s, "slow", func(e *Event) { e.Reason = policy.String() })
		},
		Closed: rec.closed,
	}
}

func (rec *Recorder) refused(r *http.Request, status int, reason string) {
	rec.counters.refused.Add(1)
	rec.refusals.add(reason)
	rec.tails.refused(rec, r, status, reason)
}

func (rec *Recorder) closed(s *linger.Socket, end driver.Outcome) {
	rec.counters.closed.Add(1)
	info := closeInfo(s, end)
	rec.closes.add(closeKind{info.Code, info.Initiator, info.Cause})
	rec.ended.add(s, Event{
		Time: time.Now(), Event: "closed", Connection: s.ID(), URL: target(s, rec.queries.Load()), Address: s.RemoteAddr(), Close: info,
	})
	rec.tails.socket(rec, s, "closed", func(e *Event) { e.Close = info })
	rec.tails.forget(s)
}

// closeInfo returns how a connection ended.
func closeInfo(s *linger.Socket, end driver.Outcome) *CloseInfo {
	info := &CloseInfo{
		Code: int(protocol.CloseAbnormal), Initiator: end.Initiator(), Cause: string(end.Cause), Clean: end.Clean,
		Received: int(end.Received.Code), Sent: int(end.Sent.Code), Age: age(time.Now(), s.Opened()),
	}
	switch end.First {
	case protocol.Local:
		info.Code, info.Reason = info.Sent, end.Sent.Reason
	case protocol.Remote:
		info.Code, info.Reason = info.Received, end.Received.Reason
	case protocol.Neither:
	}
	switch {
	case end.Violation != nil:
		info.Error = end.Violation.Error()
	case end.Err != nil:
		info.Error = end.Err.Error()
	}
	return info
}

// age returns the seconds from then to now; 0 if then is not known.
func age(now, then time.Time) float64 {
	if then.IsZero() {
		return 0
	}
	return max(0, now.Sub(then).Seconds())
}

// Started records that the application runs, and describes it.
func (rec *Recorder) Started(text string) {
	rec.record(Entry{Kind: "start", OK: true, Text: text, Worker: -1})
}

// Reloaded records a reload: the number of the new generation, or the error for which the last one stays.
func (rec *Recorder) Reloaded(generation int, took time.Duration, err error) {
	e := Entry{Kind: "reload", OK: err == nil, Generation: generation, Took: took.Seconds(), Worker: -1}
	if err != nil {
		e.Text = err.Error()
	}
	rec.record(e)
}

// Replaced records that the engine of a worker failed and is replaced.
func (rec *Recorder) Replaced(worker int, reason, text string) {
	rec.record(Entry{Kind: "replacement", Reason: reason, Text: text, Worker: worker})
}

// Drain records the begin or the end of a drain.
func (rec *Recorder) Drain(text string) {
	rec.record(Entry{Kind: "drain", OK: true, Text: text, Worker: -1})
}

// Upgraded records how an upgrade to another process has ended, or that this process has taken over.
func (rec *Recorder) Upgraded(text string, ok bool) {
	rec.record(Entry{Kind: "upgrade", OK: ok, Text: text, Worker: -1})
}

// Failed records a failure of the application: Text, At, Event, Connection and Worker of the entry are used.
func (rec *Recorder) Failed(e Entry) {
	e.Kind, e.OK = "failure", false
	rec.counters.eventFailures.Add(1)
	rec.failures.add(e)
	rec.record(e)
}

func (rec *Recorder) record(e Entry) {
	rec.tails.entry(rec.timeline.add(e))
}

// closeKind is a way in which connections end.
type closeKind struct {
	code             int
	initiator, cause string
}

// maxKinds bounds the kinds that a tally counts separately. Peers choose close codes.
const maxKinds = 256

// tally counts by kind. Beyond maxKinds all others are counted as the zero value.
type tally[K comparable] struct {
	mu     sync.Mutex
	counts map[K]int64
}

func (t *tally[K]) add(kind K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[K]int64{}
	}
	if _, counted := t.counts[kind]; !counted && len(t.counts) >= maxKinds {
		var others K
		kind = others
	}
	t.counts[kind]++
}

// count is a kind with its number.
type count[K comparable] struct {
	kind K
	n    int64
}

// most returns the most frequent kinds, the first one first. less orders those with the same number.
func (t *tally[K]) most(n int, compare func(a, b K) int) []count[K] {
	t.mu.Lock()
	list := make([]count[K], 0, len(t.counts))
	for kind, n := range t.counts {
		list = append(list, count[K]{kind, n})
	}
	t.mu.Unlock()
	slices.SortFunc(list, func(a, b count[K]) int { return cmp.Or(cmp.Compare(b.n, a.n), compare(a.kind, b.kind)) })
	return list[:min(n, len(list))]
}

func compareCloses(a, b closeKind) int {
	return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.initiator, b.initiator), cmp.Compare(a.cause, b.cause))
}
