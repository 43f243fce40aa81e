package promql_test

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
)

// healthy are the series of a server without problems, in the notation of Prometheus: 0+60x40 is 0, 60, 120 and so on, a value a minute.
const healthy = `
	up 1x40
	linger_ready 1x40
	linger_draining 0x40
	linger_drain_connections_left 0x40
	linger_handovers_total{result="failed"} 0x40
	process_open_fds 1000x40
	process_max_fds 20000x40
	linger_handshakes_refused_total{reason="max-connections"} 0x40
	linger_handshakes_refused_total{reason="unreachable"} 0+1x40
	linger_connections{state="open"} 1000x40
	linger_connections_closed_total{initiator="client"} 0+120x40
	linger_connections_closed_total{initiator="neither"} 0+6x40
	linger_violations_total{violation="message.size"} 0+1x40
	linger_send_queue_full_total{policy="close"} 0+1x40
	linger_buffered_bytes 1000x40
	linger_buffered_limit_bytes 1000000x40
	linger_events_failed_total{event="websocketmessage"} 0+1x40
	linger_event_duration_seconds_count{event="websocketmessage",runtime="embedded"} 0+600x40
	linger_event_duration_seconds_bucket{event="websocketmessage",le="0.1"} 0+600x40
	linger_event_duration_seconds_bucket{event="websocketmessage",le="2.5"} 0+600x40
	linger_event_duration_seconds_bucket{event="websocketmessage",le="+Inf"} 0+600x40
	linger_event_queue_oldest_seconds 0x40
	linger_worker_queue_oldest_seconds 0x40
	linger_workers{state="running"} 4x40
	linger_workers{state="backing_off"} 0x40
	linger_worker_restarts_total{reason="memory"} 1x40
	linger_reloads_total{result="failed"} 1x40
	linger_storage_queued_bytes 1000x40
	linger_cluster_connected 1x40
	linger_cluster_storage_ready 1x40
	linger_cluster_records_dropped_total{reason="full"} 1x40
	linger_cluster_log_lag_seconds 0x40
	linger_tls_certificate_expiry_timestamp_seconds{name="a.example"} 2592000x40
`

// problems has for each alert the series that differ from those of a healthy server.
var problems = map[string]string{
	"LingerDown":                  `up 0x40`,
	"LingerNotReady":              `linger_ready 0x40`,
	"LingerDrainStuck":            "linger_draining 1x40\nlinger_drain_connections_left 5x40",
	"LingerUpgradeFailed":         `linger_handovers_total{result="failed"} 0x30 1x10`,
	"LingerFileDescriptors":       `process_open_fds 19000x40`,
	"LingerRefusesConnections":    `linger_handshakes_refused_total{reason="max-connections"} 0+60x40`,
	"LingerBackendsFail":          `linger_handshakes_refused_total{reason="unreachable"} 0+60x40`,
	"LingerConnectionsDrop":       `linger_connections{state="open"} 1000x34 500x6`,
	"LingerAbnormalEnds":          `linger_connections_closed_total{initiator="neither"} 0+600x40`,
	"LingerViolations":            `linger_violations_total{violation="message.size"} 0+120x40`,
	"LingerSlowClients":           `linger_send_queue_full_total{policy="close"} 0+120x40`,
	"LingerMemoryNearBound":       `linger_buffered_bytes 900000x40`,
	"LingerEventsFail":            `linger_events_failed_total{event="websocketmessage"} 0+60x40`,
	"LingerEventsSlow":            `linger_event_duration_seconds_bucket{event="websocketmessage",le="0.1"} 0+60x40`,
	"LingerEventsWait":            `linger_worker_queue_oldest_seconds 20x40`,
	"LingerWorkerBacksOff":        `linger_workers{state="backing_off"} 1x40`,
	"LingerWorkerRestarts":        `linger_worker_restarts_total{reason="memory"} 0+1x40`,
	"LingerReloadFailed":          `linger_reloads_total{result="failed"} 1x35 2x5`,
	"LingerStorageFallsBehind":    `linger_storage_queued_bytes 100000000x40`,
	"LingerClusterDisconnected":   `linger_cluster_connected 0x40`,
	"LingerClusterStorage":        `linger_cluster_storage_ready 0x40`,
	"LingerClusterDrops":          `linger_cluster_records_dropped_total{reason="full"} 0+60x40`,
	"LingerClusterLogFallsBehind": `linger_cluster_log_lag_seconds 30x40`,
	"LingerCertificateEnds":       `linger_tls_certificate_expiry_timestamp_seconds{name="a.example"} 1000000x40`,
}

// series returns the series of a server with a problem, with the labels of a scrape.
func series(problem string) string {
	replaced := map[string]string{}
	for line := range strings.Lines(problem) {
		name, values, _ := strings.Cut(strings.TrimSpace(line), " ")
		replaced[name] = values
	}
	var b strings.Builder
	b.WriteString("load 1m\n")
	for line := range strings.Lines(strings.TrimSpace(healthy)) {
		name, values, _ := strings.Cut(strings.TrimSpace(line), " ")
		if other, ok := replaced[name]; ok {
			values = other
			delete(replaced, name)
		}
		metric, labels, _ := strings.Cut(strings.TrimSuffix(name, "}"), "{")
		fmt.Fprintf(&b, "  %s{job=\"linger\",instance=\"a:9180\",%s} %s\n", metric, labels, values)
	}
	if len(replaced) > 0 {
		panic(fmt.Sprint("these series are not those of a healthy server: ", replaced))
	}
	return b.String()
}

// fires reports whether an alert's query has a result after 39 minutes.
func fires(t *testing.T, expr, load string) bool {
	t.Helper()
	storage := promqltest.LoadedStorage(t, load)
	defer func() { _ = storage.Close() }()
	engine := promqltest.NewTestEngine(t, false, 0, 1_000_000)
	query, err := engine.NewInstantQuery(t.Context(), storage, nil, expr, time.Unix(0, 0).Add(39*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	result := query.Exec(t.Context())
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	vector, ok := result.Value.(promql.Vector)
	if !ok {
		t.Fatalf("the query of an alert must have a vector as its result; got %T", result.Value)
	}
	return len(vector) > 0
}

// Each alert fires for its problem, and none for a healthy server.
func TestAlertsFire(t *testing.T) {
	t.Parallel()
	for _, rule := range rules(t) {
		t.Run(rule.Alert, func(t *testing.T) {
			t.Parallel()
			problem, ok := problems[rule.Alert]
			if !ok {
				t.Fatal("the test needs series for which the alert fires")
			}
			if fires(t, rule.Expr, series("")) {
				t.Error("the alert must not fire for a healthy server")
			}
			if !fires(t, rule.Expr, series(problem)) {
				t.Errorf("the alert must fire for its problem:\n%s", series(problem))
			}
		})
	}
}

// rules returns the alert rules.
func rules(t *testing.T) (list []rulefmt.Rule) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil || len(groups.Groups) == 0 {
		t.Fatal("there must be rules")
	}
	for _, g := range groups.Groups {
		list = append(list, g.Rules...)
	}
	return list
}
