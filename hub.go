package linger

import (
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/internal/idtable"
	"github.com/lingerws/linger/internal/latch"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// hub lists the connections and the subscribers of channels. It contains a socket from its acceptance until its close event has been
// handled.
type hub struct {
	mu       sync.RWMutex
	sockets  *idtable.Table[*Socket]
	size     atomic.Int64                    // length of sockets, to be read without the lock
	channels map[string]map[*Socket]struct{} // without entries for channels that have no subscriber
	subs     int                             // subscriptions of all sockets
	presence *presence                       // the members of channels
	change   latch.Latch                     // released when a socket is removed and when an upgrade has ended

	feed    *feed    // nil for a server that is alone
	changed []string // channels that have got their first subscriber, or lost the last one, since mu was locked; empty without feed
}

func newHub() hub {
	return hub{
		sockets:  idtable.New[*Socket](),
		channels: map[string]map[*Socket]struct{}{},
	}
}

// unlock unlocks mu after a change of subscriptions, and then lets the feed follow it.
func (h *hub) unlock() {
	changed := h.changed
	h.changed = nil
	h.mu.Unlock()
	for _, channel := range changed {
		h.feed.follow(channel)
	}
}

// hasChanged notes that a channel has got its first subscriber, or lost the last one. mu is held.
func (h *hub) hasChanged(channel string) {
	if h.feed != nil {
		h.changed = append(h.changed, channel)
	}
}

func (h *hub) register(s *Socket) {
	h.mu.Lock()
	h.add(s)
	h.mu.Unlock()
}

// add is register for a caller that holds mu.
func (h *hub) add(s *Socket) {
	h.sockets.Add(s)
	h.size.Store(int64(h.sockets.Len()))
}

// unregister removes a socket and its subscriptions.
func (h *hub) unregister(s *Socket) {
	h.mu.Lock()
	h.remove(s)
	h.change.Release()
	h.unlock()
}

// remove is unregister for a caller that holds mu, releases change, and calls unlock.
func (h *hub) remove(s *Socket) {
	h.sockets.Remove(s)
	h.size.Store(int64(h.sockets.Len()))
	for channel := range s.channels {
		h.unsubscribe(s, channel)
	}
}

// releaseWaiters releases the goroutines that wait for a change of which the hub is not a part: the end of an upgrade.
func (h *hub) releaseWaiters() {
	h.mu.Lock()
	h.change.Release()
	h.mu.Unlock()
}

// nextChange returns a channel that is closed at the next change.
func (h *hub) nextChange() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.change.Next()
}

func (h *hub) count() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.sockets.Len()
}

func (h *hub) socket(id string) *Socket {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.sockets.Get(id)
}

// Sockets returns the connections that are subscribed to a channel when a loop over them begins, or all connections for the empty
// name. A connection is listed from its acceptance until its close event has been handled. The order is random. Connections may
// come and go during the loop, and its body may call anything.
func (s *Server) Sockets(channel string) iter.Seq[*Socket] {
	return func(yield func(*Socket) bool) {
		list := s.hub.list(channel, nil)
		defer recycleList(list)
		for _, socket := range *list {
			if !yield(socket) {
				return
			}
		}
	}
}

// Subscribers returns how many connections are subscribed to a channel.
func (s *Server) Subscribers(channel string) int {
	s.hub.mu.RLock()
	defer s.hub.mu.RUnlock()
	return len(s.hub.channels[channel])
}

// Channels returns the channels that have subscribers, with their numbers.
func (s *Server) Channels() map[string]int {
	s.hub.mu.RLock()
	defer s.hub.mu.RUnlock()
	subscribers := make(map[string]int, len(s.hub.channels))
	for name, sockets := range s.hub.channels {
		subscribers[name] = len(sockets)
	}
	return subscribers
}

// socketLists is a pool of slices.
var socketLists = sync.Pool{New: func() any { return new([]*Socket) }}

// list returns the subscribers of a channel, or all sockets for the empty name. The caller uses the list without the lock, and
// returns it with recycleList. also, if it is not nil, is called before the list can change.
func (h *hub) list(channel string, also func()) *[]*Socket {
	list, _ := socketLists.Get().(*[]*Socket)
	h.mu.RLock()
	defer h.mu.RUnlock()
	if also != nil {
		also()
	}
	if channel == "" {
		*list = slices.AppendSeq(*list, h.sockets.All())
		return list
	}
	for s := range h.channels[channel] {
		*list = append(*list, s)
	}
	return list
}

func recycleList(list *[]*Socket) {
	clear(*list)
	*list = (*list)[:0]
	socketLists.Put(list)
}

// Subscribe makes the connection receive what is published on a channel, until Unsubscribe is called or its close event has been
// handled. A second subscription has no effect. The error is [ErrChannelName], [ErrChannels], or [ErrClosed] after the end of the
// connection.
func (s *Socket) Subscribe(channel string) error {
	if err := checkChannel(channel); err != nil {
		return err
	}
	forwarded, elsewhere := s.forward(handover.Op{Kind: opSubscribe, Channel: channel})
	if elsewhere {
		return nil
	}
	if err := s.server.hub.subscribe(s, channel); !forwarded || !errors.Is(err, ErrClosed) {
		return err
	}
	return nil
}

func checkChannel(name string) error {
	if name == "" || len(name) > maxChannelName {
		return ErrChannelName
	}
	return nil
}

// Unsubscribe ends a subscription, if there is one.
func (s *Socket) Unsubscribe(channel string) {
	if _, elsewhere := s.forward(handover.Op{Kind: opUnsubscribe, Channel: channel}); elsewhere {
		return
	}
	h := &s.server.hub
	h.mu.Lock()
	h.unsubscribe(s, channel)
	h.unlock()
}

func (h *hub) subscribe(s *Socket, channel string) error {
	h.mu.Lock()
	defer h.unlock()
	if h.sockets.Get(s.id) == nil {
		return ErrClosed
	}
	if _, subscribed := s.channels[channel]; subscribed {
		return nil
	}
	if len(s.channels) >= s.server.options().MaxChannels {
		return ErrChannels
	}
	h.join(s, channel)
	return nil
}

// join begins a subscription that is not there yet. mu is held, and the caller calls unlock.
func (h *hub) join(s *Socket, channel string) {
	if s.channels == nil {
		s.channels = map[string]struct{}{}
	}
	s.channels[channel] = struct{}{}
	if h.channels[channel] == nil {
		h.channels[channel] = map[*Socket]struct{}{}
		h.presence.followed(channel)
		h.hasChanged(channel)
	}
	h.channels[channel][s] = struct{}{}
	h.subs++
}

// unsubscribe ends a subscription, if there is one. mu is held, and the caller calls unlock.
func (h *hub) unsubscribe(s *Socket, channel string) {
	if _, subscribed := s.channels[channel]; !subscribed {
		return
	}
	h.subs--
	h.exit(s, channel)
	delete(s.channels, channel)
	delete(h.channels[channel], s)
	if len(h.channels[channel]) == 0 {
		h.presence.followed(channel)
		delete(h.channels, channel)
		h.hasChanged(channel)
	}
}

// Publish sends a message to every connection that is subscribed to the channel, except those in except. The connection whose
// handler publishes receives the message too unless it is in except. The message is framed once for all. Publish does not wait for
// a slow subscriber: Options.Policy applies to that one. During a hand-over the subscribers in the other process receive it too.
//
// In a cluster the subscribers of other nodes receive it too, those of one publisher and channel in order. Publish does not wait for
// these nodes, and a broken link is not an error of it: what could not be sent is logged and reported to Trace.RelayFailed.
//
// It returns how many connections of this process took the message. The error is [ErrChannelName], or protocol.ErrText for text that
// is not UTF-8.
func (s *Server) Publish(channel string, p Payload, except ...*Socket) (int, error) {
	return s.publish(channel, p, except, nil)
}

// PublishExcept is [Server.Publish] for exceptions that are connections of any node, by their ids. A message with more than 16,384 exceptions is not sent to other
// nodes, which is logged and reported to Trace.RelayFailed.
func (s *Server) PublishExcept(channel string, p Payload, except []string) (int, error) {
	var here []*Socket
	var others []string
	for _, id := range except {
		if socket := s.Socket(id); socket != nil {
			here = append(here, socket)
		} else {
			others = append(others, id)
		}
	}
	return s.publish(channel, p, here, others)
}

// publish is Publish with exceptions of this process, and the ids of others.
func (s *Server) publish(channel string, p Payload, except []*Socket, others []string) (int, error) {
	if err := checkChannel(channel); err != nil {
		return 0, err
	}
	frame, err := driver.Prepare(p.opcode(), p.Data)
	if err != nil {
		return 0, err
	}
	list := s.hub.list(channel, s.publishElsewhere(channel, p, except, others))
	defer recycleList(list)
	receivers := fanOut(*list, func(part []*Socket) (sent int) {
		for chunk := range slices.Chunk(part, deliveryChunk) {
			sent += deliver(chunk, frame, p, except)
		}
		return sent
	})
	if s.trace.Published != nil {
		s.trace.Published(channel, p, receivers)
	}
	return receivers, nil
}

// deliveryChunk is the number of connections that a message is sent to by one call of [driver.Deliver].
const deliveryChunk = 64

// chunkRoom is room for the deliveries of a chunk, and their connections.
type chunkRoom struct {
	deliveries [deliveryChunk]driver.Delivery
	sockets    [deliveryChunk]*Socket
}

var chunkRooms = sync.Pool{New: func() any { return new(chunkRoom) }}

// deliver sends a message that is framed already to a chunk of connections, except those in except. It returns how many took it.
func deliver(chunk []*Socket, frame *protocol.Prepared, p Payload, except []*Socket) (sent int) {
	room, _ := chunkRooms.Get().(*chunkRoom)
	defer chunkRooms.Put(room)
	deliveries, sockets := room.deliveries[:0], room.sockets[:0]
	for _, s := range chunk {
		if slices.Contains(except, s) {
			continue
		}
		conn := s.conn.Load()
		if conn == nil { // before the 101
			sent += count(s.sendPrepared(frame, p))
			continue
		}
		s.recordActivity()
		deliveries, sockets = append(deliveries, driver.Delivery{To: conn, Limit: s.sendLimit(s.publishPolicy())}), append(sockets, s)
	}
	driver.Deliver(frame, deliveries)
	for i, s := range sockets {
		err := deliveries[i].Err
		switch {
		case err == nil:
			s.recordSent(p)
		case errors.Is(err, driver.ErrQueueFull):
			err = s.sendPrepared(frame, p) // according to the policy
		}
		sent += count(err)
	}
	clear(deliveries)
	clear(sockets)
	return sent
}

// count returns 1 for a message that was taken, otherwise 0.
func count(err error) int {
	if err != nil {
		return 0
	}
	return 1
}

// ids returns the ids of connections. One that is nil is left out.
func ids(sockets []*Socket) []string {
	var ids []string
	for _, s := range sockets {
		if s != nil {
			ids = append(ids, s.id)
		}
	}
	return ids
}

// publishElsewhere publishes a message on the other nodes. During a hand-over it returns a function that does so, and that publishes in the
// other process too: it is called while the lock of the hub is held.
func (s *Server) publishElsewhere(channel string, p Payload, except []*Socket, others []string) func() {
	f, inHandover := s.hub.feed, s.isHandingOver()
	if f == nil && !inHandover {
		return nil
	}
	all := publication{Payload: p, channel: channel, except: append(ids(except), others...)}
	if !inHandover {
		f.publish(all)
		return nil
	}
	return func() {
		if f == nil {
			s.forwardPublication(all)
			return
		}
		all.relay = f.phase.isElsewhere()
		s.forwardPublication(all)
		f.route(all)
	}
}

// forwardPublication publishes a message in the other process of a hand-over, if there is one. The lock of the hub is held.
func (s *Server) forwardPublication(p publication) {
	if g := s.giving.Load(); g != nil {
		g.publish(p)
	} else if t := s.taking.Load(); t != nil {
		t.publish(p)
	}
}

// inTurn calls do for the items of a list, the first ones first, in parallel if the list is long.
func inTurn[T any](list []T, do func(T)) {
	workers := 1
	if len(list) >= minPart {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(list)); i = next.Add(1) - 1 {
				do(list[i])
			}
		})
	}
	all.Wait()
}

// minPart is the least number of sends for which another goroutine pays off. Each is a system call.
const minPart = 128

// fanOut calls send for parts of a list, in parallel if the list is long, and returns the sum of the results. It returns when all
// calls have returned, so that what is published next follows.
func fanOut(list []*Socket, send func(part []*Socket) int) int {
	parts := min(runtime.GOMAXPROCS(0), len(list)/minPart)
	if parts < 2 {
		return send(list)
	}
	var others sync.WaitGroup
	var sent atomic.Int64
	for part := range slices.Chunk(list[len(list)/parts:], (len(list)+parts-1)/parts) {
		others.Go(func() { sent.Add(int64(send(part))) })
	}
	own := send(list[:len(list)/parts])
	others.Wait()
	return own + int(sent.Load())
}
