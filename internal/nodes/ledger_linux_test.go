package nodes

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// ledger has what was sent and acknowledged, and when the network and all nodes were sound.
type ledger struct {
	mu       sync.Mutex
	sent     []sent
	added    []added
	failures map[string]int // of requests, by their text
	slow     []slowRequest
	sound    []interval
}

// interval is a time without faults; until is zero if it goes on.
type interval struct{ from, until time.Time }

// sent is a publication, or a message to a connection, that was acknowledged.
type sent struct {
	text      string
	channel   string   // "" for a message to a connection
	to        *session // nil for a publication
	began, at time.Time
}

// added is a row that an object has returned.
type added struct {
	object string
	row    row
}

// row is a row of an object.
type row struct {
	Number   int    `json:"number"`
	Key      string `json:"key"`
	Instance string `json:"instance"`
}

func newLedger() *ledger { return &ledger{failures: map[string]int{}} }

// slowRequest is a request that has taken longer than slowTime.
type slowRequest struct {
	kind  string
	began time.Time
	took  time.Duration
}

const slowTime = 3 * time.Second

// took records how long a request has taken.
func (l *ledger) took(kind string, began time.Time) {
	if took := time.Since(began); took > slowTime {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.slow = append(l.slow, slowRequest{kind, began, took})
	}
}

// logSlow logs the requests that have taken longest.
func (l *ledger) logSlow(t *testing.T) {
	slices.SortFunc(l.slow, func(a, b slowRequest) int { return cmp.Compare(b.took, a.took) })
	for _, r := range l.slow[:min(len(l.slow), 10)] {
		t.Logf("of %d slow requests: %s at %s has taken %v", len(l.slow), r.kind, r.began.Format(time.StampMilli), r.took.Round(time.Millisecond))
	}
}

// begin begins an interval without faults, and end ends it.
func (l *ledger) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sound = append(l.sound, interval{from: time.Now()})
}

func (l *ledger) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sound[len(l.sound)-1].until = time.Now()
}

func (l *ledger) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures[err.Error()]++
}

func (l *ledger) add(s sent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, s)
}

func (l *ledger) addRow(object string, r row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.added = append(l.added, added{object, r})
}

// settleTime is how long after its acknowledgement a message may arrive.
const settleTime = 2 * time.Second

// mustArrive reports whether a message must have arrived at a session: it was sent while there was no fault, and the session was open.
func (l *ledger) mustArrive(m sent, s *session) bool {
	until := m.at.Add(settleTime)
	if s.from.After(m.began) || !s.until.IsZero() && s.until.Before(until) {
		return false
	}
	for _, i := range l.sound {
		if i.from.Before(m.began) && (i.until.IsZero() || i.until.After(until)) {
			return true
		}
	}
	return false
}

// check compares what has arrived with what was sent. It is called when the clients have ended.
func (l *ledger) check(t *testing.T, clients []*client) {
	t.Helper()
	arrived, owed, lost := 0, 0, 0
	for _, c := range clients {
		for _, s := range c.sessions {
			arrived += len(s.order)
			c.checkOrder(t, s)
			for _, m := range l.sent {
				isFor := m.to == s || m.to == nil && c.subscribed(m.channel)
				if !isFor || !l.mustArrive(m, s) {
					continue
				}
				if owed++; s.received[m.text] == 0 {
					if lost++; lost < 10 {
						t.Errorf("%s on %s must have received %q, which was acknowledged at %s", c.name, c.node.name, m.text, m.at.Format(time.StampMilli))
					}
				}
			}
		}
	}
	t.Logf("%d messages have arrived; %d had to, of which %d are lost; %d rows were added; failures: %v", arrived, owed, lost, len(l.added), l.failures)
	l.logSlow(t)
	if owed == 0 || len(l.added) == 0 {
		t.Error("there must be traffic")
	}
}

// subscribed reports whether a client is subscribed to a channel.
func (c *client) subscribed(channel string) bool {
	for _, one := range c.channels {
		if one == channel {
			return true
		}
	}
	return false
}

// checkOrder checks that no message has arrived twice, and that those of each sender have arrived in order. A message ends with its number.
func (c *client) checkOrder(t *testing.T, s *session) {
	t.Helper()
	last := map[string]int{}
	for _, text := range s.order {
		if n := s.received[text]; n > 1 {
			t.Errorf("%s on %s has received %q %d times", c.name, c.node.name, text, n)
		}
		i := strings.LastIndex(text, " ")
		var number int
		if _, err := fmt.Sscan(text[i+1:], &number); err != nil {
			t.Errorf("%s has received %q: %v", c.name, text, err)
			continue
		}
		if number < last[text[:i]] {
			t.Errorf("%s on %s has received %q after number %d", c.name, c.node.name, text, last[text[:i]])
		}
		last[text[:i]] = number
	}
}

// checkRows compares the rows that an object has at the end with those that it has returned.
func (l *ledger) checkRows(t *testing.T, object string, rows []row) {
	t.Helper()
	stored, keys, ended, owners := map[int]row{}, map[string]bool{}, map[string]bool{}, 0
	last := ""
	for _, r := range rows {
		stored[r.Number] = r
		if keys[r.Key] {
			t.Errorf("%s has the row of the request %q twice", object, r.Key)
		}
		keys[r.Key] = true
		if r.Instance == last {
			continue
		}
		if ended[r.Instance] {
			t.Errorf("%s has the row %d of an instance that another one had followed: two instances have written at the same time", object, r.Number)
		}
		ended[last], last = true, r.Instance
		owners++
	}
	lost := 0
	for _, a := range l.added {
		if a.object != object || stored[a.row.Number] == a.row {
			continue
		}
		if lost++; lost < 5 {
			t.Errorf("%s has returned the row %+v, which is now %+v", object, a.row, stored[a.row.Number])
		}
	}
	t.Logf("%s has %d rows of %d instances; %d were lost", object, len(rows), owners, lost)
}

// decodeRows decodes the rows of an object.
func decodeRows(value json.RawMessage) (rows []row, err error) {
	err = json.Unmarshal(value, &rows)
	return rows, err
}
