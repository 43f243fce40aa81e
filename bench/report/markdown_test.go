package report

import (
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/bench/load"
)

func TestRecordTable(t *testing.T) {
	want := `| work | Linger | Bun <3 | gws |
|---|---:|---:|---:|
| echo: µs/message | 2.00 | 4.00 | - |
| paced echo: µs/message | 2.00 | 4.00 | - |
| paced echo: 99th percentile, µs | 20,000 | 20,000 | - |
| idle: bytes of RSS each | 1,521 | - | - |
`
	if got := example().Table(); got != want {
		t.Errorf("expected\n%s\ngot\n%s", want, got)
	}
}

func TestRecordRatios(t *testing.T) {
	want := `Linger's figure divided by that of each other library.

| work | Linger / Bun <3 | Linger / gws |
|---|---:|---:|
| echo: µs/message | 0.50 | - |
| paced echo: µs/message | 0.50 | - |
| paced echo: 99th percentile, µs | 1.00 | - |
| idle: bytes of RSS each | - | - |
`
	if got := example().ratios(); got != want {
		t.Errorf("expected\n%s\ngot\n%s", want, got)
	}
}

func TestRecordRatiosToBase(t *testing.T) {
	r := example()
	r.Base, r.Works[0].Limit = "bun", 0.6
	r.Works = append(r.Works[:2], Work{Name: "start", Label: "start", Unit: "server", Work: load.Work{Kind: Start}})
	want := `| work | Linger | gws | at most |
|---|---:|---:|---:|
| echo: µs/message | 0.50 | - | 0.6 |
| paced echo: µs/message | 0.50 | - | - |
| paced echo: 99th percentile, µs | 1.00 | - | - |
`
	if got := r.ratios(); !strings.HasSuffix(got, want) || !strings.Contains(got, "Bun <3") {
		t.Errorf("expected the name of the base and\n%s\ngot\n%s", want, got)
	}
}

func TestRecordTableLife(t *testing.T) {
	r := &Record{Libraries: []Library{{Name: "ws", Label: "ws"}}}
	for name, kind := range map[string]load.Kind{"start": Start, "memory": Memory, "wake": Wake} {
		r.Works = []Work{{Name: name, Label: name, Work: load.Work{Kind: kind}}}
		r.Add(name, "ws", load.Sample{Units: 2, Wall: 20 * time.Millisecond, P50: 20 * time.Millisecond, Bytes: 40 << 20})
		want := "| " + name + map[load.Kind]string{Start: ": ms", Memory: ": MiB", Wake: ": ms"}[kind] + " | 20.0 |"
		if got := r.Table(); !strings.Contains(got, want) {
			t.Errorf("expected the line %s, got\n%s", want, got)
		}
	}
}

func TestRecordMarkdown(t *testing.T) {
	r := example()
	r.Notes = []string{"gws is skipped"}
	page := r.Markdown("plots", "README.md")
	for _, text := range []string{
		"`go run ./bench`", "2030-01-02", "an abacus", "3 rounds of 1 s", "- gws is skipped",
		"plots/cost.svg", "plots/connections.svg", "plots/cores.svg", "### two cores", "- Bun <3: 2", "| Linger | 2.00 | 1.00 | 3.00 |",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("the report lacks %q", text)
		}
	}
}

func TestRecordBlock(t *testing.T) {
	block := example().Block("bench/results.md")
	for _, text := range []string{"| echo: µs/message | 2.00 |", "2030-01-02", "an abacus", "`go run ./bench`", "(bench/results.md)"} {
		if !strings.Contains(block, text) {
			t.Errorf("the block lacks %q:\n%s", text, block)
		}
	}
}
