package driver

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/race"
)

// stateColumns are the parts of a state: their names, those of their values, and where they are kept.
var stateColumns = map[string]struct {
	values []string
	at     func(*state) *uint8
}{
	"reading":   {[]string{"idle", "receiving", "delivering"}, func(s *state) *uint8 { return (*uint8)(&s.reading) }},
	"input":     {[]string{"none", "ready", "last", "ended"}, func(s *state) *uint8 { return (*uint8)(&s.input) }},
	"writing":   {[]string{"idle", "held", "bounded", "monitored", "waiting"}, func(s *state) *uint8 { return (*uint8)(&s.writing) }},
	"transport": {[]string{"open", "writeClosed", "closed"}, func(s *state) *uint8 { return (*uint8)(&s.transport) }},
	"end":       {[]string{"pending", "queued", "delivered"}, func(s *state) *uint8 { return (*uint8)(&s.end) }},
	"hand-over": {[]string{"live", "frozen", "released"}, func(s *state) *uint8 { return (*uint8)(&s.handover) }},
}

// stateTransitions are the rows of the tables in the documentation of state, and those of the flags. A transition with an
// also function must not happen if that returns false, even if the table allows it. Only those of anyHandover may happen on a
// connection that is not live.
var stateTransitions = map[string]struct {
	apply func(*state)
	also  func(state) bool
}{
	"input has been read":           {apply: func(s *state) { s.beginDelivery(readReceiving) }},
	"events are due":                {apply: func(s *state) { s.beginDelivery(readDelivering) }},
	"no event is left":              {apply: func(s *state) { s.endDelivery() }},
	"a change is reported":          {apply: func(s *state) { s.inputReported(false) }},
	"the last one is reported":      {apply: func(s *state) { s.inputReported(true) }},
	"a buffer has been filled":      {apply: func(s *state) { s.inputRead(true) }},
	"a buffer has not been filled":  {apply: func(s *state) { s.inputRead(false) }},
	"nothing was there":             {apply: (*state).inputMissing},
	"the end or an error was there": {apply: (*state).inputAtEnd},
	"a batch begins":                {apply: func(s *state) { s.beginBatch(false) }},
	"a monitored batch begins":      {apply: func(s *state) { s.beginBatch(true) }},
	"Together begins":               {apply: (*state).beginTogether},
	"a frame is queued":             {apply: (*state).frameQueued},
	"the batch ends":                {apply: func(s *state) { s.endBatch() }},
	"the batch is late":             {apply: func(s *state) { s.batchLate() }},
	"the transport is full":         {(*state).beginWaiting, func(s state) bool { return s.transport != transportWriteClosed }},
	"the transport has taken all":   {apply: (*state).endWaiting},
	"the machine ends our half":     {func(s *state) { s.closeWrite() }, func(s state) bool { return s.writing != writeWaiting || s.transport != transportOpen }},
	"the machine is done":           {apply: func(s *state) { s.close() }},
	"the machine returns the end":   {(*state).queueEnd, func(s state) bool { return s.reading != readIdle }},
	"Closed is called":              {(*state).deliverEnd, func(s state) bool { return s.reading == readIdle && !s.paused }},
	"Events returns true":           {(*state).noteWork, func(s state) bool { return s.reading != readIdle }},
	"the connection is frozen":      {(*state).freeze, func(s state) bool { return s.freezable() }},
	"it is thawed":                  {apply: (*state).thaw},
	"it is released":                {apply: (*state).release},
	"the handler pauses":            {apply: (*state).pause},
	"the handler resumes":           {apply: (*state).resume},
}

var anyHandover = []string{"it is thawed", "it is released", "the handler pauses", "the handler resumes"}

// mayHappen reports whether a transition may happen in a state, if the tables allow it.
func mayHappen(name string, s state) bool {
	also := stateTransitions[name].also
	return (s.live() || slices.Contains(anyHandover, name)) && (also == nil || also(s))
}

// stateRow is a row of a table: what becomes of each value of a column.
type stateRow struct {
	column, name string
	next         []string // "-" where the transition must not happen
}

// stateRows returns the tables in the documentation of state.
func stateRows(t *testing.T) (rows []stateRow) {
	t.Helper()
	source, err := os.ReadFile("state.go")
	if err != nil {
		t.Fatal(err)
	}
	const nameWidth, cellWidth = 30, 14
	column := ""
	for line := range strings.Lines(string(source)) {
		line, code := strings.CutPrefix(strings.TrimRight(line, "\n"), "//\t")
		if !code || len(line) < nameWidth {
			column = ""
			continue
		}
		name, cells := strings.TrimSpace(line[:nameWidth]), strings.Fields(line[nameWidth:])
		switch c, ok := stateColumns[name]; {
		case ok && slices.Equal(cells, c.values):
			column = name
		case column != "" && len(cells) == len(stateColumns[column].values):
			rows = append(rows, stateRow{column, name, cells})
		}
	}
	return rows
}

// everyState returns all combinations, legal or not.
func everyState() (all []state) {
	all = []state{{}}
	for _, c := range stateColumns {
		var more []state
		for _, s := range all {
			for value := range c.values {
				*c.at(&s) = uint8(value) //nolint:gosec // there are few
				more = append(more, s)
			}
		}
		all = more
	}
	for i := range all {
		for _, flags := range []state{{paused: true}, {workDue: true}, {paused: true, workDue: true}} {
			s := all[i]
			s.paused, s.workDue = flags.paused, flags.workDue
			all = append(all, s)
		}
	}
	return all
}

// tryTransition applies a transition. It reports whether that is allowed, which only builds with the race detector know.
func tryTransition(s state, apply func(*state)) (after state, allowed bool) {
	defer func() { allowed = recover() == nil }()
	apply(&s)
	return s, true
}

func TestDriverStateTransitions(t *testing.T) {
	rows := stateRows(t)
	if len(rows) != len(stateTransitions)-3 { // without those of the flags
		t.Fatalf("the documentation of state has a row for each of %d transitions; got %d", len(stateTransitions)-3, len(rows))
	}
	for _, row := range rows {
		transition, known := stateTransitions[row.name]
		if !known {
			t.Errorf("no transition is called %q", row.name)
			continue
		}
		column := stateColumns[row.column]
		for _, s := range everyState() {
			next := row.next[*column.at(&s)]
			want, allowed := s, next != "-" && mayHappen(row.name, s)
			switch {
			case !s.legal(), !allowed && !race.Enabled:
				continue
			case allowed:
				*column.at(&want) = uint8(slices.Index(column.values, next)) //nolint:gosec // there are few
			}
			switch row.name {
			case "no event is left":
				want.workDue = false
			case "it is released":
				want.transport = transportClosed
			}
			got, ok := tryTransition(s, transition.apply)
			if ok != allowed || ok && (got != want || !got.legal()) {
				t.Errorf("%s: from %+v to %+v, allowed %t; got %+v, allowed %t", row.name, s, want, allowed, got, ok)
			}
		}
	}
}

// Every combination that is legal can be reached from that of a new connection, no other one can, and from each there is a
// path to the end of the connection in this process: it has been closed or released.
func TestDriverStatesAreReachable(t *testing.T) {
	rows := stateRows(t)
	steps := func(s state) (next []state) {
		for name, transition := range stateTransitions {
			i := slices.IndexFunc(rows, func(r stateRow) bool { return r.name == name })
			if i >= 0 && rows[i].next[*stateColumns[rows[i].column].at(&s)] == "-" || !mayHappen(name, s) {
				continue
			}
			after := s
			transition.apply(&after)
			next = append(next, after)
		}
		return next
	}
	reached := map[state]bool{{}: true}
	before := map[state][]state{}
	for queue := []state{{}}; len(queue) > 0; queue = queue[1:] {
		for _, next := range steps(queue[0]) {
			before[next] = append(before[next], queue[0])
			if !reached[next] {
				reached[next] = true
				queue = append(queue, next)
			}
		}
	}
	legal := 0
	for _, s := range everyState() {
		if s.legal() {
			legal++
		}
		if s.legal() != reached[s] {
			t.Errorf("%+v: legal %t, reached %t", s, s.legal(), reached[s])
		}
	}
	ended := state{input: inputEnded, transport: transportClosed, end: endDelivered}
	ends, queue := map[state]bool{ended: true}, []state{ended}
	for s := range reached {
		if s.handover == handoverReleased {
			ends[s] = true
			queue = append(queue, s)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, s := range before[queue[0]] {
			if !ends[s] {
				ends[s] = true
				queue = append(queue, s)
			}
		}
	}
	if len(ends) != len(reached) || legal != len(reached) {
		t.Errorf("from each of %d states a connection can end; it can from %d", len(reached), len(ends))
	}
}

func TestDriverStateParkable(t *testing.T) {
	for _, s := range everyState() {
		busy := s.reading != readIdle || s.writing != writeIdle || s.transport != transportOpen || s.end != endPending
		if s.legal() && s.parkable() == busy {
			t.Errorf("a connection is parkable when nothing is under way: %+v", s)
		}
	}
}
