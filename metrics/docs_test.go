package metrics_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/lingerws/linger"
)

// row returns a metric as a row of the table in docs/metrics.md.
func row(f *dto.MetricFamily) string {
	var labels []string
	for _, pair := range f.GetMetric()[0].GetLabel() {
		labels = append(labels, pair.GetName())
	}
	slices.Sort(labels)
	return "| `" + f.GetName() + "` | " + strings.ToLower(f.GetType().String()) + " | " + strings.Join(labels, ", ") + " | " + f.GetHelp() + " |"
}

// The table in docs/metrics.md has each metric of a server and of a proxy, with its type, its labels and its help text.
func TestDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, linger.HandlerFuncs{}, application())
	var want []string
	for _, gatherer := range []prometheus.Gatherer{s.metrics.Gatherer(), proxyMetrics().Gatherer()} {
		families, err := gatherer.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if strings.HasPrefix(f.GetName(), "linger_") {
				want = append(want, row(f))
			}
		}
	}
	var got []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `linger_") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	slices.Sort(got)
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("docs/metrics.md must have the row\n%s", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("docs/metrics.md has a row of no metric\n%s", line)
		}
	}
}
