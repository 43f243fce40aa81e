package admin

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/netaddr"
)

// Bounds of a page of a list.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// ConnectionList is a page of a list of connections.
type ConnectionList struct {
	Connections []Connection `json:"connections"`
	Next        string       `json:"next"` // the cursor of the next page; "" at the end
}

// listConnections returns a page of the connections that pass the filters of a request. It looks at every connection, but describes
// only those of the page.
func (h *Handler) listConnections(r *http.Request) (any, error) {
	query, err := parameters(r, append([]string{"limit", "cursor", "sort", "min_age", "min_idle", "min_queue"}, filterNames...)...)
	if err != nil {
		return nil, err
	}
	p, err := newPage(query)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for socket := range h.opts.Server.Sockets(p.filter.channel) {
		p.offer(socket, now)
	}
	list := ConnectionList{Connections: make([]Connection, 0, len(p.rows)), Next: p.next()}
	for _, row := range p.rows {
		list.Connections = append(list.Connections, h.describe(row.socket, row.socket.Stats(), now))
	}
	return list, nil
}

// page collects the first connections after a cursor.
type page struct {
	filter   filter
	minAge   time.Duration
	minIdle  time.Duration
	minQueue int
	limit    int
	order    string
	after    position // the zero position is before all others
	rows     []row    // sorted, at most limit
	more     bool     // connections after the page were left out
}

// position is the place of a connection in a list: the cursor is that of the last connection of a page. A connection whose key
// changes between two pages may be in both or in neither.
type position struct {
	Order string `json:"o"`
	Key   int64  `json:"k"`
	ID    string `json:"i"`
}

type row struct {
	position
	socket *linger.Socket
}

func comparePositions(a, b position) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID))
}

func compareRows(a, b row) int { return comparePositions(a.position, b.position) }

// keys are the orders of lists: each returns the number by which a connection is sorted, the smallest first.
var keys = map[string]func(*linger.Socket) int64{
	"oldest": func(s *linger.Socket) int64 { return s.Opened().UnixNano() },
	"newest": func(s *linger.Socket) int64 { return -s.Opened().UnixNano() },
	"idle":   func(s *linger.Socket) int64 { return s.LastActivity().UnixNano() },
	"queue":  func(s *linger.Socket) int64 { return -int64(s.Buffered()) },
}

func newPage(query url.Values) (*page, error) {
	p := &page{order: cmp.Or(query.Get("sort"), "oldest"), limit: defaultLimit}
	if keys[p.order] == nil {
		return nil, badRequest("bad_parameter", "sort=%q: expected oldest, newest, idle or queue", p.order)
	}
	var err error
	if p.filter, err = newFilter(query); err != nil {
		return nil, err
	}
	if p.minAge, err = durationParameter(query, "min_age"); err != nil {
		return nil, err
	}
	if p.minIdle, err = durationParameter(query, "min_idle"); err != nil {
		return nil, err
	}
	if p.minQueue, err = numberParameter(query, "min_queue", 0, 0, 1<<40); err != nil {
		return nil, err
	}
	if p.limit, err = numberParameter(query, "limit", defaultLimit, 1, maxLimit); err != nil {
		return nil, err
	}
	if cursor := query.Get("cursor"); cursor != "" {
		return p, p.resume(cursor)
	}
	return p, nil
}

// resume makes the page begin after a cursor.
func (p *page) resume(cursor string) error {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err != nil || decoder.Decode(&p.after) != nil || decoder.More() || p.after.ID == "" {
		return badRequest("bad_cursor", "cursor=%q is not a cursor: give next of the last page", cursor)
	}
	if p.after.Order != p.order {
		return badRequest("bad_cursor", "the cursor is of a list with sort=%s: give the same filters and order for all pages", p.after.Order)
	}
	return nil
}

// offer adds a connection if it passes the filters and belongs on the page.
func (p *page) offer(s *linger.Socket, now time.Time) {
	r := row{position{p.order, keys[p.order](s), s.ID()}, s}
	switch {
	case p.after.ID != "" && comparePositions(r.position, p.after) <= 0:
		return
	case len(p.rows) == p.limit && compareRows(r, p.rows[p.limit-1]) > 0:
		p.more = p.more || p.passes(s, now)
		return
	case !p.passes(s, now):
		return
	}
	i, _ := slices.BinarySearchFunc(p.rows, r, compareRows)
	p.rows = slices.Insert(p.rows, i, r)
	if len(p.rows) > p.limit {
		p.rows, p.more = p.rows[:p.limit], true
	}
}

// passes reports whether a connection passes the filters.
func (p *page) passes(s *linger.Socket, now time.Time) bool {
	return (p.minAge == 0 || now.Sub(s.Opened()) >= p.minAge) &&
		(p.minIdle == 0 || now.Sub(s.LastActivity()) >= p.minIdle) &&
		(p.minQueue == 0 || s.Buffered() >= p.minQueue) &&
		p.filter.state(s) && p.filter.static(s)
}

// next returns the cursor of the next page.
func (p *page) next() string {
	if !p.more || len(p.rows) == 0 {
		return ""
	}
	text, _ := json.Marshal(p.rows[len(p.rows)-1].position) // numbers and texts can be encoded
	return base64.RawURLEncoding.EncodeToString(text)
}

// filter selects connections.
type filter struct {
	id      string
	path    string       // a part of the path, or a pattern with *; "" for all
	network netip.Prefix // of the address; invalid for all
	channel string       // to which the connection is subscribed; "" for all
	states  []string     // empty for all
}

// filterNames are the parameters of a filter.
var filterNames = []string{"connection", "url", "address", "channel", "state"}

func newFilter(query url.Values) (filter, error) {
	f := filter{id: query.Get("connection"), path: query.Get("url"), channel: query.Get("channel")}
	var err error
	if f.network, err = networkParameter(query, "address"); err != nil {
		return f, err
	}
	for state := range strings.SplitSeq(query.Get("state"), ",") {
		switch state {
		case "":
		case stateOpen, stateHalfOpen, stateClosing, stateClosed:
			f.states = append(f.states, state)
		default:
			return f, badRequest("bad_parameter", "state=%q: expected open, halfOpen, closing or closed, or several with commas between them", state)
		}
	}
	return f, nil
}

// state reports whether the state of a connection is one of the filter's.
func (f *filter) state(s *linger.Socket) bool {
	return len(f.states) == 0 || slices.Contains(f.states, stateOf(s))
}

// static reports whether a connection passes what cannot change in its life.
func (f *filter) static(s *linger.Socket) bool {
	return (f.id == "" || s.ID() == f.id) &&
		isIn(f.network, s.RemoteIP()) &&
		(f.path == "" || matches(f.path, s.Path()))
}

// isIn reports whether a network contains an address. An invalid network contains all.
func isIn(network netip.Prefix, ip netip.Addr) bool {
	return !network.IsValid() || network.Contains(netaddr.Canonical(ip))
}

// matches reports whether a path contains the pattern or, if that has a *, whether it matches as a whole; * stands for any characters.
func matches(pattern, path string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return strings.Contains(path, pattern)
	}
	last := parts[len(parts)-1]
	rest, ok := strings.CutPrefix(path, parts[0])
	if !ok || !strings.HasSuffix(rest, last) {
		return false
	}
	rest = rest[:len(rest)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return true
}

// parameters returns the query of a request, whose names must be among the given ones, each at most once.
func parameters(r *http.Request, names ...string) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("bad_parameter", "the query is wrong: %v", err)
	}
	for name, values := range query {
		switch {
		case !slices.Contains(names, name):
			return nil, badRequest("unknown_parameter", "there is no parameter %q: expected %s", name, strings.Join(names, ", "))
		case len(values) > 1:
			return nil, badRequest("bad_parameter", "%s is given %d times: give it once", name, len(values))
		}
	}
	return query, nil
}

// parseSeconds parses a duration: a number of seconds, or a text such as "1m30s".
func parseSeconds(text string) (time.Duration, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		text = strconv.FormatFloat(n, 'f', -1, 64) + "s"
	}
	d, err := time.ParseDuration(text)
	if err == nil && d < 0 {
		err = strconv.ErrRange
	}
	return d, err
}

func durationParameter(query url.Values, name string) (time.Duration, error) {
	text := query.Get(name)
	if text == "" {
		return 0, nil
	}
	d, err := parseSeconds(text)
	if err != nil {
		return 0, badRequest("bad_parameter", "%s=%q: expected a number of seconds, or a duration such as 1m30s", name, text)
	}
	return d, nil
}

// networkParameter parses a network, or an address, which is a network of one. The result is invalid if the parameter is missing.
func networkParameter(query url.Values, name string) (netip.Prefix, error) {
	text := query.Get(name)
	if text == "" {
		return netip.Prefix{}, nil
	}
	network, err := netaddr.ParsePrefix(text)
	if err != nil {
		return network, badRequest("bad_parameter", "%s=%q: expected an address such as 192.0.2.7, or a network such as 192.0.2.0/24", name, text)
	}
	return network, nil
}

func numberParameter(query url.Values, name string, missing, least, most int) (int, error) {
	text := query.Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, badRequest("bad_parameter", "%s=%q: expected a number from %d to %d", name, text, least, most)
	}
	return n, nil
}
