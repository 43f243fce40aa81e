package report

import (
	"strings"
	"testing"
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
	want := `| work | Linger / Bun <3 | Linger / gws |
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

func TestRecordMarkdown(t *testing.T) {
	r := example()
	r.Notes = []string{"gws is skipped"}
	page := r.Markdown("plots")
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
