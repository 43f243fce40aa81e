package admin

import (
	"cmp"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger"
)

const (
	liveInterval = time.Second
	liveChannel  = "live" // of the server of the feeds

	maxLiveCloses   = 100
	maxLiveTimeline = 20
	maxLiveSlow     = 10
	maxLiveChannels = 10

	// maxScanShare is the part of the time that is spent on looking at every connection: with very many connections they are
	// counted less often than each second.
	maxScanShare = 0.02
)

// live makes snapshots while there are readers of them: one each second, for all.
type live struct {
	handler *Handler

	mu      sync.Mutex
	readers int
	stop    chan struct{} // closed when the last reader has gone; nil without readers
	last    sample
	scanned scan
	moments []Moment // the oldest first, at most maxMoments
}

// sample is the totals at one moment.
type sample struct {
	time   time.Time
	totals Counts
}

// scan is the result of looking at every connection, and every channel.
type scan struct {
	next        time.Time // when to look again
	connections LiveConnections
	channels    LiveChannels
	slow        []*linger.Socket
}

func newLive(h *Handler) *live { return &live{handler: h} }

// join counts a reader, which must leave.
func (l *live) join() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readers++
	if l.readers == 1 {
		l.stop, l.last = make(chan struct{}), sample{}
		go l.run(l.stop)
	}
}

// begin sends a snapshot to a reader, and subscribes it to the next ones.
func (l *live) begin(reader *linger.Socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.snapshot(false)
	first.History = l.moments
	sendJSON(reader, first)
	_ = reader.Subscribe(liveChannel) // fails if the reader has gone
}

// leave counts a reader that has gone.
func (l *live) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readers--
	if l.readers == 0 {
		close(l.stop)
	}
}

// run publishes snapshots until stop is closed.
func (l *live) run(stop <-chan struct{}) {
	ticker := time.NewTicker(liveInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
		l.mu.Lock()
		text, err := json.Marshal(l.snapshot(true))
		l.mu.Unlock()
		if err == nil {
			_, _ = l.handler.feeds.Publish(liveChannel, linger.Payload{Data: text}) // cannot fail: the text is UTF-8
		}
	}
}

// snapshot returns a snapshot. tick means that the rates of the next one begin here. mu is held.
func (l *live) snapshot(tick bool) Live {
	h, rec, now := l.handler, l.handler.opts.Recorder, time.Now()
	if !now.Before(l.scanned.next) {
		l.scan(now)
	}
	totals := rec.counters.load()
	s := Live{
		Time: now, Status: h.status(), Connections: l.scanned.connections, Channels: l.scanned.channels,
		Totals: totals, Workers: h.workers(), Timeline: rec.timeline.newest(maxLiveTimeline),
		Closes: []CloseCount{}, Refusals: []RefusalCount{}, Slow: []Connection{},
	}
	s.Drain = s.Status.Drain
	if !l.last.time.IsZero() {
		elapsed := now.Sub(l.last.time)
		s.Interval, s.Rates = elapsed.Seconds(), totals.perSecond(l.last.totals, elapsed)
	}
	if tick || l.last.time.IsZero() {
		l.last = sample{now, totals}
	}
	for _, c := range rec.closes.most(maxLiveCloses, compareCloses) {
		s.Closes = append(s.Closes, CloseCount{c.kind.code, c.kind.initiator, c.kind.cause, c.n})
	}
	for _, c := range rec.refusals.most(maxLiveCloses, cmp.Compare[string]) {
		s.Refusals = append(s.Refusals, RefusalCount{c.kind, c.n})
	}
	for _, socket := range l.scanned.slow {
		s.Slow = append(s.Slow, h.describe(socket, socket.Stats(), now))
	}
	return s
}

// ageRanges are the ranges of LiveConnections.Ages.
var ageRanges = [...]AgeCount{
	{"< 10 s", 10, 0},
	{"< 1 min", 60, 0},
	{"< 10 min", 600, 0},
	{"< 1 h", 3600, 0},
	{"< 6 h", 6 * 3600, 0},
	{"< 24 h", 24 * 3600, 0},
	{"≥ 24 h", 0, 0},
}

// scan looks at every connection and channel. mu is held.
func (l *live) scan(now time.Time) {
	server := l.handler.opts.Server
	var c LiveConnections
	c.Ages = slices.Clone(ageRanges[:])
	slow := newLongest(maxLiveSlow)
	for socket := range server.Sockets("") {
		c.Total++
		c.countState(stateOf(socket))
		c.countAge(age(now, socket.Opened()))
		if n := socket.Buffered(); n > 0 {
			c.SlowSends++
			c.Buffered += int64(n)
			slow.offer(socket, n)
		}
	}
	subscribers := server.Channels()
	channels := LiveChannels{Total: len(subscribers), Largest: largestChannels(subscribers, maxLiveChannels)}
	for _, n := range subscribers {
		channels.Subscriptions += n
	}
	pause := max(liveInterval, time.Duration(float64(time.Since(now))/maxScanShare))
	c.ScanInterval = pause.Seconds()
	l.scanned = scan{next: now.Add(pause - liveInterval/10), connections: c, channels: channels, slow: slow.sockets()}
}

func (c *LiveConnections) countState(state string) {
	switch state {
	case stateOpen:
		c.States.Open++
	case stateHalfOpen:
		c.States.HalfOpen++
	case stateClosing:
		c.States.Closing++
	case stateClosed:
		c.States.Closed++
	}
}

func (c *LiveConnections) countAge(seconds float64) {
	for i := range c.Ages {
		if seconds < c.Ages[i].Below || c.Ages[i].Below == 0 {
			c.Ages[i].Count++
			return
		}
	}
}

// longest collects the connections with the longest send queues.
type longest struct {
	bound int
	list  []queued // the longest first
}

type queued struct {
	socket *linger.Socket
	bytes  int
}

func newLongest(bound int) *longest { return &longest{bound: bound} }

func (l *longest) offer(s *linger.Socket, bytes int) {
	if len(l.list) == l.bound && bytes <= l.list[l.bound-1].bytes {
		return
	}
	q := queued{s, bytes}
	i, _ := slices.BinarySearchFunc(l.list, q, func(a, b queued) int { return cmp.Compare(b.bytes, a.bytes) })
	l.list = slices.Insert(l.list, i, q)
	l.list = l.list[:min(l.bound, len(l.list))]
}

func (l *longest) sockets() []*linger.Socket {
	sockets := make([]*linger.Socket, 0, len(l.list))
	for _, q := range l.list {
		sockets = append(sockets, q.socket)
	}
	return sockets
}
