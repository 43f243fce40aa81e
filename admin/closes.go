package admin

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"

	"github.com/lingerws/linger"
)

// maxEnded bounds the ended connections that are remembered.
const maxEnded = 1000

// CloseList lists connections that have ended.
type CloseList struct {
	Closes []Event `json:"closes"` // of the kind "closed", the last one first
}

// ended remembers the last connections that have ended. The zero value is ready to use.
type ended struct {
	mu   sync.Mutex
	ring []end // full at maxEnded
	next int   // the place of the next one in a full ring
}

// end is a connection that has ended.
type end struct {
	Event
	ip netip.Addr
}

func (e *ended) add(s *linger.Socket, event Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	item := end{event, s.RemoteIP()}
	if len(e.ring) < maxEnded {
		e.ring = append(e.ring, item)
		return
	}
	e.ring[e.next] = item
	e.next = (e.next + 1) % maxEnded
}

// list returns the last connections that pass a filter, at most limit, the last one first.
func (e *ended) list(f closeFilter, limit int) []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	events := []Event{}
	for i := range e.ring {
		item := &e.ring[(e.next+len(e.ring)-1-i)%len(e.ring)]
		if f.passes(item) {
			events = append(events, item.Event)
		}
		if len(events) == limit {
			break
		}
	}
	return events
}

// closeFilter selects connections that have ended.
type closeFilter struct {
	id, path, initiator, cause string       // "" for all
	code                       int          // 0 for all
	network                    netip.Prefix // invalid for all
}

func (f *closeFilter) passes(e *end) bool {
	return (f.id == "" || e.Connection == f.id) && (f.path == "" || matches(f.path, e.URL)) &&
		(f.initiator == "" || e.Close.Initiator == f.initiator) && (f.cause == "" || e.Close.Cause == f.cause) &&
		(f.code == 0 || e.Close.Code == f.code) &&
		isIn(f.network, e.ip)
}

func newCloseFilter(query url.Values) (closeFilter, error) {
	f := closeFilter{id: query.Get("connection"), path: query.Get("url"), initiator: query.Get("initiator"), cause: query.Get("cause")}
	switch f.initiator {
	case "", "client", "server", "neither":
	default:
		return f, badRequest("bad_parameter", "initiator=%q: expected client, server or neither", f.initiator)
	}
	if text := query.Get("code"); text != "" {
		code, err := strconv.Atoi(text)
		if err != nil || code < 1000 || code > 4999 {
			return f, badRequest("bad_parameter", "code=%q: expected a close code from 1000 to 4999", text)
		}
		f.code = code
	}
	var err error
	f.network, err = networkParameter(query, "address")
	return f, err
}

// listCloses returns the last connections that have ended and pass the filters of a request.
func (h *Handler) listCloses(r *http.Request) (any, error) {
	query, err := parameters(r, "connection", "url", "address", "code", "initiator", "cause", "limit")
	if err != nil {
		return nil, err
	}
	f, err := newCloseFilter(query)
	if err != nil {
		return nil, err
	}
	limit, err := numberParameter(query, "limit", defaultLimit, 1, maxEnded)
	if err != nil {
		return nil, err
	}
	return CloseList{h.opts.Recorder.ended.list(f, limit)}, nil
}
