package interop_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lingerws/linger/websocket"
)

var update = flag.Bool("update", false, "write the tables of README.md instead of comparing them")

// The tables are between these lines.
const (
	tablesBegin = "<!-- tables: go test -run Readme -update -->\n"
	tablesEnd   = "<!-- end of tables -->\n"
)

func TestReadmeTables(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), tablesBegin)
	got, after, ended := strings.Cut(rest, tablesEnd)
	if !found || !ended {
		t.Fatalf("README.md does not have the lines %q and %q", tablesBegin, tablesEnd)
	}
	want := "\n" + closingTable() + "\n" + abruptTable() + "\n"
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("the tables of README.md differ from the tests; write them with go test -run Readme -update; expected:\n%s", want)
	}
	if err := os.WriteFile("README.md", []byte(before+tablesBegin+want+tablesEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// closingTable returns the table of what both ends report about closing handshakes.
func closingTable() string {
	var b strings.Builder
	b.WriteString("| peer | our end | first to close | we report | the peer reports | because the peer |\n|---|---|---|---|---|---|\n")
	for _, other := range peers {
		for _, by := range []closer{weClose, peerCloses} {
			rows := grouped(other, func(p pair) string {
				ours, peers := p.describe(by)
				return fmt.Sprintf("%s | %s | %s | %s", by, ours, peers, p.because(by))
			})
			for _, row := range rows {
				fmt.Fprintf(&b, "| %s | %s |\n", other.name, row)
			}
		}
	}
	return b.String()
}

// abruptTable returns the table of what the peers report about ends without a Close.
func abruptTable() string {
	var b strings.Builder
	b.WriteString("| peer | our end | report after our FIN | report after our RST |\n|---|---|---|---|\n")
	for _, other := range peers {
		rows := grouped(other, func(p pair) string {
			return describeAbrupt(p.afterAbruptEnd(doFIN)) + " | " + describeAbrupt(p.afterAbruptEnd(doReset))
		})
		for _, row := range rows {
			fmt.Fprintf(&b, "| %s | %s |\n", other.name, row)
		}
	}
	return b.String()
}

// grouped returns a row for each role of our end. Roles with the same row are combined.
func grouped(other peer, row func(pair) string) []string {
	var rows []string
	roles := map[string][]string{}
	for _, r := range other.roles() {
		text := row(pair{peer: other, role: r})
		if roles[text] == nil {
			rows = append(rows, text)
		}
		roles[text] = append(roles[text], string(r))
	}
	for i, text := range rows {
		rows[i] = strings.Join(roles[text], ", ") + " | " + text
	}
	return rows
}

// because returns the explanations of the peer's quirks.
func (p pair) because(by closer) string {
	var all []string
	for _, q := range p.quirks(by) {
		if q.why != "" {
			all = append(all, q.why)
		}
	}
	return strings.Join(all, "; ")
}

// describe describes what both ends report for all codes.
func (p pair) describe(by closer) (ours, peers string) {
	var our, their summary
	for _, code := range append(slices.Clone(codes), websocket.CloseNoStatus) {
		s := websocket.Status{Code: code, Reason: "why"}
		e := p.expect(by, s)
		if by == weClose && code == websocket.CloseNoStatus {
			continue // our API cannot send an empty Close
		}
		if e.cannot {
			our.notes = append(our.notes, fmt.Sprintf("%d cannot be sent", code))
			continue
		}
		our.add(s, e.ours)
		their.add(s, e.peers)
	}
	return our.String(), their.String()
}

// summary summarizes what one end reports for several codes.
type summary struct {
	last  report
	notes []string
}

func (o *summary) add(s websocket.Status, r report) {
	o.last = r
	switch {
	case r.Code == 0 || r.Code == int(s.Code):
	case s.Code == websocket.CloseNoStatus:
		o.notes = append(o.notes, fmt.Sprintf("%d for none", r.Code))
	default:
		o.notes = append(o.notes, fmt.Sprintf("%d for %d", r.Code, s.Code))
	}
}

func (o *summary) String() string {
	words := []string{"nothing"}
	if o.last.Code != 0 {
		words = []string{"the code"}
		if o.last.Reason != "" {
			words = []string{"code and reason"}
		}
		if o.last.Clean != "" {
			words = append(words, o.last.Clean)
		}
	}
	return strings.Join(append(words, o.notes...), ", ")
}

func describeAbrupt(r report) string {
	switch {
	case r.Code == 0:
		return "an error"
	case r.Clean == "":
		return strconv.Itoa(r.Code)
	}
	return strconv.Itoa(r.Code) + ", " + r.Clean
}
