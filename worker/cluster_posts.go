package worker

import (
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/worker/internal/script"
)

// postFeed exchanges what scripts post to BroadcastChannel objects with other nodes. The topic of a channel is subscribed to exactly while
// a script of this node listens to the channel. Posts for a worker that is too busy are dropped, as those of its own node are.
type postFeed struct {
	app     *App
	cluster linger.Cluster

	sendWarnings, receiveWarnings warningLimit

	mu     sync.Mutex // held while topics are subscribed to
	active bool       // of two processes in a hand-over one is
	stops  map[string]func()
}

// newPostFeed returns the feed of an application that has been loaded, nil if the server is alone. During a hand-over it starts later.
func newPostFeed(a *App, cluster linger.Cluster, received bool) *postFeed {
	if cluster == nil {
		return nil
	}
	return &postFeed{app: a, cluster: cluster, active: !received, stops: map[string]func(){}}
}

// maxPostChannel bounds the name of a channel whose posts reach other nodes, in bytes.
const maxPostChannel = 256

// postTopic returns the topic of a BroadcastChannel.
func postTopic(channel string) string { return "post/" + channel }

// follow subscribes to the topics of channels, or ends the subscriptions, if a change of what scripts listen to makes that necessary. A nil
// feed has nothing to do.
func (f *postFeed) follow(channels ...string) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, channel := range channels {
		wanted := f.active && f.app.listensTo(channel) && len(channel) <= maxPostChannel
		stop, subscribed := f.stops[channel]
		switch {
		case wanted && !subscribed:
			f.subscribe(channel)
		case subscribed && !wanted:
			delete(f.stops, channel)
			stop()
		}
	}
}

// subscribe subscribes to the topic of a channel. mu is held.
func (f *postFeed) subscribe(channel string) {
	stop, err := f.cluster.Subscribe(postTopic(channel), func(from string, record []byte) { f.receive(channel, from, record) })
	if err != nil {
		f.app.opts.Logger.Error("messages of a BroadcastChannel on other nodes do not arrive", "channel", channel, "error", err)
		return
	}
	f.stops[channel] = stop
}

// setActive begins or ends all subscriptions. A nil feed has none.
func (f *postFeed) setActive(active bool) {
	if f == nil {
		return
	}
	f.mu.Lock()
	f.active = active
	var channels []string
	for channel := range f.stops {
		channels = append(channels, channel)
	}
	f.mu.Unlock()
	for _, w := range f.app.workers {
		channels = append(channels, w.listened()...)
	}
	f.follow(channels...)
}

// send sends a post to the other nodes. A nil feed has none.
func (f *postFeed) send(p *script.Post) {
	if f == nil {
		return
	}
	err := linger.ErrChannelName
	if len(p.Channel) <= maxPostChannel {
		err = f.cluster.Publish(postTopic(p.Channel), appendPost(nil, p))
	}
	f.warn(&f.sendWarnings, "a message of a BroadcastChannel was not sent to the other nodes", f.cluster.Node(), p.Channel, err)
}

// receive passes a post of another node to the workers whose scripts listen to its channel.
func (f *postFeed) receive(channel, from string, record []byte) {
	p, err := parsePost(record)
	if err == nil {
		p.Channel = channel
		f.app.postToWorkers(p, nil)
	}
	f.warn(&f.receiveWarnings, "a message of a BroadcastChannel of another node was refused", from, channel, err)
}

// warn logs an error, if there is one and the limit allows it.
func (f *postFeed) warn(limit *warningLimit, text, node, channel string, err error) {
	if err == nil {
		return
	}
	if others, ok := limit.allow(time.Now()); ok {
		f.app.opts.Logger.Warn(text, append([]any{"node", node, "channel", channel, "error", err}, others...)...)
	}
}

// listensTo reports whether the script of a worker listens to a channel, also while the worker sleeps.
func (a *App) listensTo(channel string) bool {
	for _, w := range a.workers {
		if in := w.latestInstance(); in != nil && in.host.listensTo(channel) {
			return true
		}
	}
	return false
}

// latestInstance returns the instance that serves, or that has served before the worker fell asleep; nil if there was none.
func (w *worker) latestInstance() *instance {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.latest
}

// listened returns the channels to which the script of the worker listens.
func (w *worker) listened() []string {
	if in := w.latestInstance(); in != nil {
		return in.host.listened()
	}
	return nil
}

// The fields of a record on the topic of a BroadcastChannel. A number is never used again for another meaning.
const (
	postRecordKind  = 1
	postRecordForm  = 2 // of the value: script.PostKind
	postRecordText  = 3
	postRecordBytes = 4
)

// postRecord is the kind of a record that has a post.
const postRecord = 1

var (
	errPostKind = errors.New("worker: the kind of the record is unknown, its node probably has a newer version")
	errPostText = errors.New("worker: the text is not UTF-8")
)

// appendPost appends the record of a post, without its channel.
func appendPost(b []byte, p *script.Post) []byte {
	b = wire.AppendUint(b, postRecordKind, postRecord)
	b = wire.AppendUint(b, postRecordForm, uint64(p.Kind)) //nolint:gosec // is small
	if p.Kind == script.BytesPost {
		return wire.AppendBytes(b, postRecordBytes, p.Bytes)
	}
	return wire.AppendString(b, postRecordText, p.Text)
}

// parsePost reads the record of a post. It copies what it needs of it.
func parsePost(record []byte) (*script.Post, error) {
	kind, form, p := uint64(0), uint64(0), &script.Post{}
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case postRecordKind:
			kind = r.Uint()
		case postRecordForm:
			form = r.Uint()
		case postRecordText:
			p.Text = r.String()
		case postRecordBytes:
			p.Bytes = append([]byte{}, r.Bytes()...)
		}
	}
	switch {
	case r.Err() != nil:
		return nil, r.Err()
	case kind != postRecord:
		return nil, fmt.Errorf("%w (kind %d)", errPostKind, kind)
	case form > uint64(script.ClonePost):
		return nil, fmt.Errorf("%w (form %d)", errPostKind, form)
	case !utf8.ValidString(p.Text):
		return nil, errPostText
	}
	p.Kind = script.PostKind(form) //nolint:gosec // is small
	return p, nil
}
