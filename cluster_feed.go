package linger

import (
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// feed connects the channels of a server with those of other nodes. The topic of a channel is subscribed to exactly while the
// channel has a subscriber here.
type feed struct {
	server      *Server
	incarnation uint64        // random; with sequence it identifies the publications of this process
	sequence    atomic.Uint64 // of the last publication
	unwatch     func()

	mu     sync.Mutex // held while topics are subscribed to; taken before the lock of the hub
	topics map[string]func()
	failed map[string]struct{} // channels whose topic could not be subscribed to; tried again when the nodes change

	// For hand-overs.
	phase     feedPhase               // changes while mu and the lock of the hub are held
	elsewhere map[string]struct{}     // channels that have a subscriber in the old process; guarded by mu
	overlap   atomic.Pointer[overlap] // in the new process, until nothing can arrive that has arrived in the old one before
	heldMu    sync.Mutex              // a leaf; guards what follows
	held      []publication           // until this process may publish
	heldBytes int                     // at most maxHeld
}

// newFeed returns the feed of a server, nil if it is alone.
func newFeed(s *Server) *feed {
	if _, isAlone := s.cluster.(alone); isAlone {
		return nil
	}
	f := &feed{server: s, incarnation: rand.Uint64() | 1, topics: map[string]func(){}, failed: map[string]struct{}{}, elsewhere: map[string]struct{}{}} //nolint:gosec // not a secret
	f.unwatch = s.cluster.Watch(f.retry)
	return f
}

// channelTopic returns the topic of a channel.
func channelTopic(channel string) string { return "channel/" + channel }

// follow subscribes to the topic of a channel, or ends the subscription, if a change of the channel's subscribers makes that necessary. The
// calls are made one after the other, and each reads the state of the hub, so the last one is right. No other lock is held.
func (f *feed) follow(channel string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if g := f.server.giving.Load(); g != nil {
		g.reportChannel(channel)
	}
	stop, subscribed := f.topics[channel]
	_, elsewhere := f.elsewhere[channel]
	wanted := f.phase.subscribes() && (elsewhere || f.server.Subscribers(channel) > 0 || subscribed && f.phase == feedKept)
	switch {
	case wanted && !subscribed:
		f.subscribe(channel)
	case subscribed && !wanted:
		delete(f.topics, channel)
		stop()
	case !wanted:
		delete(f.failed, channel)
	}
}

// subscribe subscribes to the topic of a channel. mu is held.
func (f *feed) subscribe(channel string) {
	stop, err := f.server.cluster.Subscribe(channelTopic(channel), func(from string, record []byte) { f.receive(channel, from, record) })
	if err != nil {
		f.failed[channel] = struct{}{}
		f.server.logLimited(slog.LevelError, "what other nodes publish on a channel does not arrive", "subscribe",
			slog.String("channel", channel), slog.Any("error", err))
		return
	}
	delete(f.failed, channel)
	f.topics[channel] = stop
}

// retry tries again what has failed.
func (f *feed) retry() {
	f.mu.Lock()
	var failed []string
	for channel := range f.failed {
		failed = append(failed, channel)
	}
	f.mu.Unlock()
	for _, channel := range failed {
		f.follow(channel)
	}
}

// close ends all subscriptions. A nil feed has none.
func (f *feed) close() {
	if f == nil {
		return
	}
	f.unwatch()
	f.setPhase(feedClosed, nil, feedOwn, feedKept, feedGiven, feedAwaited, feedPrepared, feedHeld)
	f.followAll()
}

// publish sends a publication to the other nodes. It does not wait for them. A failure is logged and reported to Options.Trace.
func (f *feed) publish(p publication) {
	if err := f.send(p); err != nil {
		f.report(f.server.Node(), p.channel, notPublished, err)
	}
}

func (f *feed) send(p publication) error {
	if len(p.except) > maxExcept {
		return errRecordExcept
	}
	p.publicationID = publicationID{f.incarnation, f.sequence.Add(1)}
	return f.server.cluster.Publish(channelTopic(p.channel), p.record())
}

const notPublished = "a message was not published on the other nodes"

// receive delivers what another node has published.
func (f *feed) receive(channel, from string, record []byte) {
	p, err := parsePublicationRecord(record)
	p.channel = channel
	if o := f.overlap.Load(); err == nil && o != nil && !o.arrived(p) {
		return
	}
	if err == nil {
		err = f.deliver(p)
	}
	if err != nil {
		f.report(from, channel, "a message that another node has published was refused", err)
	}
}

// deliver sends a publication of another node to the subscribers here, and in the other process of a hand-over. The old process does not after
// it has given up: it gets the publication from the new one.
func (f *feed) deliver(p publication) error {
	_, err := f.server.fanOutPublication(p, nil, func() (here bool) {
		if f.phase == feedGiven {
			return false
		}
		f.server.forwardPublication(p)
		return true
	})
	return err
}

// report reports a message that has not reached all subscribers. node has published it.
func (f *feed) report(node, channel, message string, err error) {
	if f.server.trace.RelayFailed != nil {
		f.server.trace.RelayFailed(channel, err)
	}
	f.server.logLimited(slog.LevelWarn, message, "", slog.String("channel", channel), slog.String("node", node), slog.Any("error", err))
}
