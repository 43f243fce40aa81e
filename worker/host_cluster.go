package worker

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
)

// maxAsks bounds the requests of an instance about the cluster that are in progress.
const maxAsks = 1000

// askTimeout bounds a request about a connection of another node.
const askTimeout = 2 * time.Second

// remote returns a handle of a connection of another node, nil for an id that is not one.
func (h *hostAPI) remote(id string) *linger.Remote {
	if h.app.alone {
		return nil
	}
	r := h.app.server.Remote(id)
	if r.Node() == h.app.server.Node() || r.Node() == "" {
		return nil
	}
	return r
}

// onRemote acts on a connection of another node, if the id is that of one. A failure is not one of the script, which does not wait: the link
// is broken, which is logged.
func (h *hostAPI) onRemote(id string, size int, act func(r *linger.Remote) error) error {
	r := h.remote(id)
	if r == nil {
		return nil
	}
	return h.caller.whenInUse(size, func() {
		if err := act(r); err != nil {
			if others, ok := h.app.remoteWarnings.allow(time.Now()); ok {
				h.app.opts.Logger.Warn("nothing was done to a connection of another node", append([]any{"connection", id, "error", err}, others...)...)
			}
		}
	})
}

// sendRemote sends a message to a connection of another node.
func (h *hostAPI) sendRemote(id string, p linger.Payload) error {
	if h.remote(id) == nil {
		return nil
	}
	if h.caller.isActivating() {
		p.Data = bytes.Clone(p.Data)
	}
	return h.onRemote(id, len(p.Data), func(r *linger.Remote) error { return r.Send(p) })
}

// Join implements [script.Calls].
func (h *hostAPI) Join(connection, channel, data string) error {
	var err error
	if s := h.socket(connection); s != nil {
		err = s.Join(channel, data)
	} else if r := h.remote(connection); r != nil {
		err = r.Join(channel, data)
	}
	switch {
	case err == nil, errors.Is(err, linger.ErrClosed), errors.Is(err, linger.ErrUnreachable), errors.Is(err, linger.ErrClusterFull):
		return nil
	}
	return &script.Throw{Name: "RangeError", Message: err.Error()}
}

// PublishHere implements [script.Calls].
func (h *hostAPI) PublishHere(channel string, p linger.Payload) (int, error) {
	change := linger.Presence{Server: h.app.server, Channel: channel}
	return change.Publish(p)
}

// ask calls do on another goroutine, and passes its answer to the script. A request that does not end for a long time would keep the
// instance awake: do has a bound.
func (h *hostAPI) ask(number int, do func(ctx context.Context, answer *script.Answered) error) {
	answer := &script.Answered{Number: number}
	settle := func() {
		h.arrivals.Add(loop.Arrival{Drop: func() {}, Run: func() error {
			h.asks--
			return h.caller.dispatchInTurn(answer)
		}})
	}
	if h.asks++; h.asks > maxAsks {
		answer.Failure = &script.Throw{Name: "QuotaExceededError", Message: "1,000 requests to other nodes are in progress: await some before the next"}
		settle()
		return
	}
	go func() {
		if err := do(context.Background(), answer); err != nil {
			answer.Failure = clusterFailure(err)
		}
		settle()
	}()
}

// clusterFailure returns the exception for an error of the cluster.
func clusterFailure(err error) *script.Throw {
	switch {
	case errors.Is(err, linger.ErrChannelName), errors.Is(err, linger.ErrCursor):
		return &script.Throw{Name: "RangeError", Message: err.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return &script.Throw{Name: "TimeoutError", Message: "the node of the connection has not answered in time"}
	}
	return &script.Throw{Name: "NetworkError", Message: err.Error()}
}

// FindConnection implements [script.ClusterRequests].
func (h *hostAPI) FindConnection(number int, id string) bool {
	r := h.remote(id)
	if r == nil {
		return false
	}
	h.ask(number, func(ctx context.Context, answer *script.Answered) error {
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		info, err := r.Info(ctx)
		switch {
		case errors.Is(err, linger.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		answer.Connections = []script.Found{h.app.found(&info)}
		return nil
	})
	return true
}

// found returns the description of a connection for a script.
func (a *App) found(info *linger.Info) script.Found {
	if info.Node == a.server.Node() {
		return script.Found{ID: info.ID, Here: true}
	}
	url, err := serializeURL(info.URL())
	if err != nil {
		url = info.URL().String()
	}
	var text string
	_ = info.Data(&text) // cannot fail, because any bytes are a string
	return script.Found{
		ID:       info.ID,
		Facts:    script.Facts{URL: url, Subprotocol: info.Subprotocol(), RemoteIP: info.RemoteIP()},
		Header:   script.Header{Host: info.URL().Host, Fields: asHandshake(info.Header()), RemoteIP: info.RemoteIP()},
		State:    info.State,
		Data:     scriptData(text),
		Buffered: info.Buffered,
	}
}

// ListConnections implements [script.ClusterRequests].
func (h *hostAPI) ListConnections(number int, channel string, limit int, cursor string) bool {
	if h.app.alone && limit == 0 && cursor == "" {
		return false
	}
	if limit == 0 {
		limit = maxListed
	}
	h.ask(number, func(ctx context.Context, answer *script.Answered) error {
		page, err := h.app.server.Connections(ctx, channel, linger.ListOptions{Limit: limit, Cursor: cursor})
		for i := range page.Connections {
			answer.Connections = append(answer.Connections, h.app.found(&page.Connections[i]))
		}
		answer.Cursor, answer.Missing = page.Cursor, page.Missing
		return err
	})
	return true
}

// maxListed is the number of connections in a page if the script does not set one. It is also the most that a page has.
const maxListed = 1000

// CountConnections implements [script.ClusterRequests].
func (h *hostAPI) CountConnections(number int, channel string) {
	h.ask(number, func(ctx context.Context, answer *script.Answered) (err error) {
		answer.Count, answer.Missing, err = h.app.server.CountAll(ctx, channel)
		return err
	})
}

// ListMembers implements [script.ClusterRequests].
func (h *hostAPI) ListMembers(number int, channel string) {
	h.ask(number, func(ctx context.Context, answer *script.Answered) error {
		members, missing, err := h.app.server.Presence(ctx, channel)
		answer.Members, answer.Missing = scriptMembers(members), missing
		return err
	})
}

// scriptMembers returns members for a script.
func scriptMembers(members []linger.Member) []script.Member {
	list := make([]script.Member, 0, len(members))
	for i := range members {
		m := script.Member{ID: members[i].ID, Node: members[i].Node}
		_ = members[i].Data(&m.Data) // cannot fail, because any bytes are a string
		m.Data = scriptData(m.Data)
		list = append(list, m)
	}
	return list
}
