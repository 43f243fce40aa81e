package report

import (
	"strings"
	"testing"
)

func TestPlural(t *testing.T) {
	for one, many := range map[string]string{"message": "messages", "delivery": "deliveries"} {
		if got := plural(one); got != many {
			t.Errorf("plural(%q) = %q, expected %q", one, got, many)
		}
	}
}

func TestRecordText(t *testing.T) {
	lines := map[string][]string{}
	for line := range strings.Lines(example().Text()) {
		if fields := strings.Fields(line); len(fields) > 0 {
			lines[fields[0]] = append(lines[fields[0]], strings.Join(fields, " "))
		}
	}
	want := "linger 2.00 1.00 3.00 1,000 0.200 0.000 0.000 0.000 20,000"
	if len(lines[Subject]) != 6 || lines[Subject][0] != want {
		t.Errorf("expected a line of the library for each of 6 works, the first %q; got %q", want, lines[Subject])
	}
	if len(lines["gws"]) != 6 || !strings.HasPrefix(lines["gws"][0], "gws - -") {
		t.Errorf("figures that were not measured must be a dash; got %q", lines["gws"])
	}
}
