// Package promql_test parses the queries of the Grafana board and of the alert rules in deploy, and compares the metrics and labels in
// them with those of a server. It is a separate module, because it needs the parser of Prometheus.
package promql_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/metrics"
	"github.com/lingerws/linger/websocket"
)

// served is what a server has: the labels of each metric.
type served map[string][]string

// scrape returns the metrics of a server with a connection, and of a proxy, as a scrape of Prometheus would store them.
func scrape(t *testing.T) served {
	t.Helper()
	m := metrics.New(metrics.Options{
		Runtime:    "embedded",
		Workers:    func() []metrics.Worker { return []metrics.Worker{{State: "running"}} },
		Generation: func() int { return 1 },
		Certificates: func() []metrics.Certificate {
			return []metrics.Certificate{{Name: "a.example", NotAfter: time.Unix(1, 0)}}
		},
		Storage: func() metrics.Storage { return metrics.Storage{} },
		Cluster: func() metrics.Cluster { return metrics.Cluster{} },
	})
	server := linger.NewServer(linger.HandlerFuncs{}, linger.Options{Trace: m.Trace(), Logger: slog.New(slog.DiscardHandler)})
	m.Observe(server)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(web.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.CloseNow)
	families, err := m.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	ofProxy, err := metrics.NewProxy(metrics.ProxyOptions{State: func() metrics.ProxyState { return metrics.ProxyState{} }}).Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := served{"up": nil} // of Prometheus itself
	for _, f := range append(families, ofProxy...) {
		var names []string
		for _, pair := range f.GetMetric()[0].GetLabel() {
			names = append(names, pair.GetName())
		}
		all[f.GetName()] = names
		if f.GetType().String() == "HISTOGRAM" {
			all[f.GetName()+"_bucket"] = append(slices.Clone(names), "le")
			all[f.GetName()+"_count"], all[f.GetName()+"_sum"] = names, names
		}
	}
	return all
}

// targetLabels are the labels that Prometheus adds to every metric.
var targetLabels = []string{"job", "instance"}

// check parses a query and checks the metrics and labels in it. It returns the names of the metrics.
func (all served) check(t *testing.T, where, query string) (used []string) {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		t.Errorf("%s: the query must be PromQL: %v\n%s", where, err, query)
		return nil
	}
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			used = append(used, n.Name)
			has, known := all[n.Name]
			if !known {
				t.Errorf("%s: no server has the metric %s", where, n.Name)
			}
			for _, m := range n.LabelMatchers {
				if m.Name != model.MetricNameLabel && !slices.Contains(has, m.Name) && !slices.Contains(targetLabels, m.Name) {
					t.Errorf("%s: %s has no label %s; it has %v", where, n.Name, m.Name, has)
				}
			}
		case *parser.AggregateExpr:
			for _, label := range n.Grouping {
				all.checkGrouping(t, where, n, label)
			}
		}
		return nil
	})
	return used
}

// checkGrouping checks that the metrics in an aggregation have a label by which they are grouped.
func (all served) checkGrouping(t *testing.T, where string, expr parser.Node, label string) {
	t.Helper()
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if n, ok := node.(*parser.VectorSelector); ok && !slices.Contains(all[n.Name], label) && !slices.Contains(targetLabels, label) {
			t.Errorf("%s: %s is grouped by %s, which it does not have; it has %v", where, n.Name, label, all[n.Name])
		}
		return nil
	})
}

// board is what the test needs of a Grafana board.
type board struct {
	Panels []struct {
		ID      int
		Title   string
		Type    string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr, LegendFormat string }
	}
	Annotations struct{ List []struct{ Name, Expr string } }
	Templating  struct {
		List []struct{ Name, Definition string }
	}
}

// grafana replaces the variables of Grafana in a query.
var grafana = strings.NewReplacer("$__rate_interval", "5m", "$job", "linger", "$instance", ".*")

// labelValues matches the queries of variables.
var labelValues = regexp.MustCompile(`^label_values\((.*), (\w+)\)$`)

func TestBoard(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/grafana/linger.json")
	if err != nil {
		t.Fatal(err)
	}
	var b board
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	all := scrape(t)
	used := map[string]bool{}
	ids := map[int]bool{}
	for _, p := range b.Panels {
		if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 || p.GridPos.W == 0 {
			t.Errorf("%s: a panel must have its own number, and a place; got %d, %+v", p.Title, p.ID, p.GridPos)
		}
		ids[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s: a panel must have a query", p.Title)
		}
		for _, target := range p.Targets {
			for _, name := range all.check(t, p.Title, grafana.Replace(target.Expr)) {
				used[name] = true
			}
		}
	}
	for _, a := range b.Annotations.List {
		all.check(t, a.Name, grafana.Replace(a.Expr))
	}
	for _, v := range b.Templating.List {
		if parts := labelValues.FindStringSubmatch(v.Definition); parts != nil {
			all.check(t, v.Name, grafana.Replace(parts[1]))
		}
	}
	for name := range all {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count"), "_sum")
		if strings.HasPrefix(name, "linger_") && !used[name] && !used[base+"_bucket"] {
			t.Errorf("the board must show %s", name)
		}
	}
}

func TestAlerts(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	all := scrape(t)
	for _, r := range rules(t) {
		all.check(t, r.Alert, r.Expr)
		if severity := r.Labels["severity"]; !slices.Contains([]string{"critical", "warning", "info"}, severity) {
			t.Errorf("%s: the severity must be critical, warning or info; got %q", r.Alert, severity)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s: an alert must have a summary and a description of what to do", r.Alert)
		}
		if want := "docs/metrics.md#" + strings.ToLower(r.Alert); !strings.HasSuffix(r.Annotations["runbook_url"], want) {
			t.Errorf("%s: the link must end with %s; got %s", r.Alert, want, r.Annotations["runbook_url"])
		}
		section := "\n### " + r.Alert + "\n"
		if !strings.Contains(string(docs), section) || !strings.Contains(string(docs), "`"+r.Expr+"`") {
			t.Errorf("%s: docs/metrics.md must have a section with its query", r.Alert)
		}
	}
}
