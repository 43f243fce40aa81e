package linger

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/internal/wire"
)

// feedPhase is how a process takes part in the channels of the cluster. During a hand-over one of the two processes of a node does, first
// the old one and then the new one, also for the other.
type feedPhase uint8

const (
	feedOwn      feedPhase = iota // subscribes and publishes; so it is without a hand-over
	feedKept                      // the old process: the same, and subscriptions last, because connections of the new one need them
	feedGiven                     // the old process: the new one subscribes and publishes
	feedAwaited                   // the new process: the old one subscribes and publishes
	feedPrepared                  // the new process: the same, but this one subscribes too, and keeps what arrives
	feedHeld                      // the new process: the same, but what this one publishes waits until it may
	feedClosed                    // the server has ended
)

const (
	// feedSettle is how long both processes are subscribed at least, so that the new subscriptions have reached all nodes.
	feedSettle = 250 * time.Millisecond

	// feedTimeout bounds the time that each process waits for the other to give or take the channels.
	feedTimeout = 10 * time.Second

	// feedFlush bounds the time that Flush of a Cluster may take.
	feedFlush = 2 * time.Second

	// feedLate is how long something can arrive here later than in the old process.
	feedLate = 10 * time.Second
)

// subscribes reports whether the process subscribes to the topics of channels.
func (p feedPhase) subscribes() bool {
	return p == feedOwn || p == feedKept || p == feedPrepared || p == feedHeld
}

// isElsewhere reports whether the other process publishes on the other nodes.
func (p feedPhase) isElsewhere() bool {
	return p == feedGiven || p == feedAwaited || p == feedPrepared
}

// setPhase begins a phase if the phase is one of from. also is called with the lock of the hub held.
func (f *feed) setPhase(to feedPhase, also func(), from ...feedPhase) (changed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := &f.server.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Contains(from, f.phase) {
		return false
	}
	f.phase = to
	if also != nil {
		also()
	}
	return true
}

// keep begins a hand-over in the old process. A nil feed has nothing to do.
func (f *feed) keep() {
	if f != nil {
		f.setPhase(feedKept, nil, feedOwn)
	}
}

// keepNot ends keep, because the hand-over has failed or the new process has ended.
func (f *feed) keepNot() {
	if f != nil && f.setPhase(feedOwn, nil, feedKept, feedGiven) {
		f.followAll()
	}
}

// give gives the channels to the new process, which is subscribed. What is published here from now on the new process publishes on the other
// nodes, after all that was published here before.
func (f *feed) give(g *giver) {
	if !f.setPhase(feedGiven, nil, feedKept) {
		return
	}
	f.flush()
	g.change(nil, handover.Op{Kind: opFeedGiven})
	f.followAll()
	close(g.feedGiven)
}

// await begins a hand-over in the new process. A nil feed has nothing to do.
func (f *feed) await() {
	if f != nil && f.setPhase(feedAwaited, nil, feedOwn) {
		f.overlap.Store(newOverlap())
	}
}

// take takes the channels from the old process.
func (f *feed) take(t *taker) {
	if !f.setPhase(feedPrepared, nil, feedAwaited) {
		return
	}
	f.followAll()
	f.flush()
	select {
	case <-time.After(feedSettle):
	case <-t.ended:
	}
	if !f.setPhase(feedHeld, func() { t.change(handover.Op{Kind: opFeedTake}) }, feedPrepared) {
		return
	}
	select {
	case <-t.feedTaken:
	case <-t.ended:
	case <-time.After(feedTimeout):
		f.server.options().Logger.Error("hand-over: the old process has not given up the channels of the cluster in time; messages of other nodes may be lost or delivered twice")
	}
	f.taken()
}

// taken makes this process the one that takes part in the channels of the cluster, after the old process has given up or ended. A nil feed
// has nothing to do.
func (f *feed) taken() {
	if f == nil || !f.setPhase(feedOwn, f.release, feedAwaited, feedPrepared, feedHeld) {
		return
	}
	f.followAll()
	o := f.overlap.Load()
	if dropped := o.end(func(p publication) { _ = f.deliver(p) }); dropped > 0 {
		f.server.options().Logger.Error("hand-over: too many messages have come from other nodes; some may be lost or delivered twice", "messages", dropped)
	}
	time.AfterFunc(feedLate, func() { f.overlap.CompareAndSwap(o, nil) })
}

// followAll follows all channels.
func (f *feed) followAll() {
	channels := f.server.Channels()
	f.mu.Lock()
	for channel := range f.topics {
		channels[channel] = 0
	}
	for channel := range f.elsewhere {
		channels[channel] = 0
	}
	f.mu.Unlock()
	for channel := range channels {
		f.follow(channel)
	}
}

// flush blocks until the cluster has got what was published and subscribed to, if it has a method for that.
func (f *feed) flush() {
	c, ok := f.server.cluster.(interface {
		Flush(ctx context.Context) error
	})
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), feedFlush)
	defer cancel()
	if err := c.Flush(ctx); err != nil {
		f.server.options().Logger.Warn("hand-over: the cluster has not confirmed the subscriptions to channels; messages of other nodes may be lost", "error", err)
	}
}

// followElsewhere follows a channel of the old process, in which it has a subscriber or none. A nil feed has nothing to do.
func (f *feed) followElsewhere(channel string, subscribed bool) {
	if f == nil {
		return
	}
	f.mu.Lock()
	if subscribed {
		f.elsewhere[channel] = struct{}{}
	} else {
		delete(f.elsewhere, channel)
	}
	f.mu.Unlock()
	f.follow(channel)
}

// leaveElsewhere follows the end of the old process. A nil feed has nothing to do.
func (f *feed) leaveElsewhere() {
	if f == nil {
		return
	}
	f.mu.Lock()
	elsewhere := f.elsewhere
	f.elsewhere = map[string]struct{}{}
	f.mu.Unlock()
	for channel := range elsewhere {
		f.follow(channel)
	}
}

// route sends a publication of a process in a hand-over to the other nodes, unless the other process does. The lock of the hub is held.
func (f *feed) route(p publication) {
	switch {
	case f.phase == feedHeld:
		f.reportLater(p, f.hold(p))
	case !f.phase.isElsewhere():
		f.reportLater(p, f.send(p))
	}
}

// reportLater reports a publication that could not be sent, if err is not nil, without the locks that are held.
func (f *feed) reportLater(p publication, err error) {
	if err != nil {
		go f.report(f.server.Node(), p.channel, notPublished, err)
	}
}

// hold keeps a publication until this process may publish. The error is [ErrClusterFull].
func (f *feed) hold(p publication) error {
	f.heldMu.Lock()
	defer f.heldMu.Unlock()
	if f.heldBytes+p.size() > maxHeld {
		return ErrClusterFull
	}
	p.Data = bytes.Clone(p.Data)
	f.held = append(f.held, p)
	f.heldBytes += p.size()
	return nil
}

// release publishes what was held. The lock of the hub is held, so that nothing is published before.
func (f *feed) release() {
	f.heldMu.Lock()
	held := f.held
	f.held, f.heldBytes = nil, 0
	f.heldMu.Unlock()
	for _, p := range held {
		f.reportLater(p, f.send(p))
	}
}

// reportChannel forwards to the new process whether a channel has a subscriber here, so that it subscribes to the topic for this process.
func (g *giver) reportChannel(channel string) {
	h := &g.server.hub
	h.mu.RLock()
	defer h.mu.RUnlock()
	if g.rounds > 0 { // the first Commit reports all
		g.change(nil, channelOp(channel, len(h.channels[channel]) > 0))
	}
}

// channelOp returns the operation that reports whether a channel has a subscriber in the old process.
func channelOp(channel string, subscribed bool) handover.Op {
	return handover.Op{Kind: opChannel, Channel: channel, Body: wire.AppendBool(nil, bodySubscribed, subscribed)}
}

// giveFeed gives the channels of the cluster to the new process, which asks for them.
func (g *giver) giveFeed() {
	if f := g.server.hub.feed; f != nil {
		g.releasing.Go(func() { f.give(g) })
	}
}

// waitFeed waits until the new process has the channels of the cluster.
func (g *giver) waitFeed(ctx context.Context) {
	if g.server.hub.feed == nil {
		return
	}
	select {
	case <-g.feedGiven:
	case <-g.opts.Exited:
	case <-ctx.Done():
	case <-time.After(feedTimeout):
		g.server.options().Logger.Warn("hand-over: the new process has not asked for the channels of the cluster")
	}
}
