package report

import (
	"strings"
	"testing"
)

func TestUnitsHaveAPlural(t *testing.T) {
	for one, many := range map[string]string{"message": "messages", "delivery": "deliveries"} {
		if got := plural(one); got != many {
			t.Errorf("more than one %s are %s, not %s", one, many, got)
		}
	}
}

func TestTheTerminalHasALineForEachLibrary(t *testing.T) {
	lines := map[string][]string{}
	for line := range strings.Lines(example().Text()) {
		if fields := strings.Fields(line); len(fields) > 0 {
			lines[fields[0]] = append(lines[fields[0]], strings.Join(fields, " "))
		}
	}
	want := "linger 2.00 1.00 3.00 1,000 0.200 0.000 0.000 0.000 20,000"
	if len(lines[Ours]) != 6 || lines[Ours][0] != want {
		t.Errorf("expected a line for each of 6 works, the first %q; got %q", want, lines[Ours])
	}
	if len(lines["gws"]) != 6 || !strings.HasPrefix(lines["gws"][0], "gws - -") {
		t.Errorf("what was not measured is a dash; got %q", lines["gws"])
	}
}
