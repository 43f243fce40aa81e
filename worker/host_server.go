package worker

import (
	"errors"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/script"
)

// Connections implements [script.Calls].
func (h *hostAPI) Connections(channel string) []string {
	var ids []string
	for socket := range h.app.server.Sockets(channel) {
		if h.app.assignments.isClient(socket) {
			ids = append(ids, socket.ID())
		}
	}
	return ids
}

// Count implements [script.Calls].
func (h *hostAPI) Count(channel string) int {
	if channel == "" {
		return max(0, h.app.server.Count()-int(h.app.assignments.objects.Load()))
	}
	return h.app.server.Subscribers(channel)
}

// Publish implements [script.Calls]. While the version is being activated it returns how many connections will get the
// message.
func (h *hostAPI) Publish(channel string, p linger.Payload, except []string) (int, error) {
	if h.caller.isActivating() && channel != "" {
		return h.subscribers(channel, except), h.caller.whenInUse(len(p.Data), func() { h.publishOrLog(channel, p, except) })
	}
	n, err := h.app.server.PublishExcept(channel, p, except)
	if errors.Is(err, linger.ErrChannelName) {
		return 0, &script.Throw{Name: "RangeError", Message: err.Error()}
	}
	return n, err
}

// subscribers returns the number of a channel's subscribers on this node whose ids are not in except.
func (h *hostAPI) subscribers(channel string, except []string) (n int) {
	for socket := range h.app.server.Sockets(channel) {
		if !slices.Contains(except, socket.ID()) {
			n++
		}
	}
	return n
}

// publishOrLog publishes a message and logs an error, which the script can no longer get.
func (h *hostAPI) publishOrLog(channel string, p linger.Payload, except []string) {
	if _, err := h.app.server.PublishExcept(channel, p, except); err != nil {
		h.app.opts.Logger.Error("message not published", "channel", channel, "error", err)
	}
}

// SetAutoResponse implements [script.Calls].
func (h *hostAPI) SetAutoResponse(request, response string) error {
	err := h.generation.setAutoResponse(request, response)
	if errors.Is(err, linger.ErrAutoResponse) {
		return &script.Throw{Name: "RangeError", Message: err.Error()}
	}
	return err
}

// Post implements [script.Calls]. Connections get the value as JSON text. A value that JSON cannot represent is sent only to
// other BroadcastChannel objects.
func (h *hostAPI) Post(p *script.Post) {
	err := h.caller.whenInUse(len(p.Text)+len(p.Bytes), func() { h.sendPost(p) })
	if err != nil {
		h.caller.reportFailure(nil, err, Position{})
	}
}

// sendPost sends a post to the other workers and to connections, those of other nodes included.
func (h *hostAPI) sendPost(p *script.Post) {
	h.app.postToWorkers(p, h)
	h.app.posts.send(p)
	payload, ok := payloadOf(p)
	if !ok {
		h.app.opts.Logger.Warn("a value that JSON cannot represent was posted: connections do not get it", "channel", p.Channel)
		return
	}
	h.publishOrLog(p.Channel, payload, nil)
}

// payloadOf returns the message of a post for connections, and false if it has none.
func payloadOf(p *script.Post) (payload linger.Payload, ok bool) {
	switch p.Kind {
	case script.TextPost:
		return linger.Text(p.Text), true
	case script.BytesPost:
		return linger.Binary(p.Bytes), true
	case script.ClonePost:
		text, ok := strings.CutPrefix(p.Text, "J") // the serialized form of a value with a JSON text
		return linger.Text(text), ok
	}
	return linger.Payload{}, false
}

// postToWorkers queues a post for the workers whose scripts listen to its channel, including sleeping ones, except that of from. If the queue
// of a worker is full, the post is dropped for it and a warning is logged.
func (a *App) postToWorkers(p *script.Post, from *hostAPI) {
	for _, w := range a.workers {
		last := w.latestInstance()
		if last == nil || last.host == from || !last.host.listensTo(p.Channel) || w.queuePost(p) {
			continue
		}
		w.droppedCount.Add(1)
		if others, ok := w.droppedPostWarnings.allow(time.Now()); ok {
			attrs := append([]any{"worker", w.index, "channel", p.Channel}, others...)
			a.opts.Logger.Warn("a message of a BroadcastChannel was dropped: the worker is too busy", attrs...)
		}
	}
}

// Listen implements [script.Calls].
func (h *hostAPI) Listen(channel string, on bool) {
	h.mu.Lock()
	if on {
		h.channels[channel] = true
	} else {
		delete(h.channels, channel)
	}
	h.mu.Unlock()
	h.app.posts.follow(channel)
}

// listened returns the channels to which a BroadcastChannel listens.
func (h *hostAPI) listened() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.channels))
}

// listensTo reports whether a BroadcastChannel listens to a channel. Any goroutine may call it.
func (h *hostAPI) listensTo(channel string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.channels[channel]
}

// Console implements [script.Calls]. Positions in the text are replaced by source positions.
func (h *hostAPI) Console(level slog.Level, text string) {
	text = h.generation.bundle.Sources.Trace(text)
	if h.app.opts.Console != nil {
		h.app.opts.Console(level, text)
		return
	}
	out := h.app.opts.Stdout
	if level >= slog.LevelWarn {
		out = h.app.opts.Stderr
	}
	_, _ = io.WriteString(out, text+"\n")
}
