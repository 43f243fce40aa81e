package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/metrics"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

const testTimeout = time.Minute

// service is a server with metrics.
type service struct {
	*linger.Server
	t       *testing.T
	metrics *metrics.Metrics
	url     string
}

// serve serves an application in Go.
func serve(t *testing.T, app linger.HandlerFuncs, opts metrics.Options) *service {
	t.Helper()
	m := metrics.New(opts)
	server := linger.NewServer(app, linger.Options{Trace: m.Trace(), Logger: slog.New(slog.DiscardHandler)})
	m.Observe(server)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		_ = server.Shutdown(ended)
	})
	return &service{Server: server, t: t, metrics: m, url: web.URL}
}

// connect returns a client.
func (s *service) connect() *websocket.Conn {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), testTimeout)
	defer cancel()
	conn, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.url, "http"), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(conn.CloseNow)
	return conn
}

// scrape returns the metrics as text.
func (s *service) scrape() string {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		s.t.Fatalf("the metrics must be served; got %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// series returns the number of time series.
func (s *service) series() int {
	s.t.Helper()
	n, err := testutil.GatherAndCount(s.metrics.Gatherer())
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// want waits until the metrics have these lines.
func (s *service) want(lines ...string) {
	s.t.Helper()
	var missing []string
	for late := time.Now().Add(testTimeout); time.Now().Before(late); time.Sleep(time.Millisecond) {
		text := "\n" + s.scrape()
		missing = nil
		for _, line := range lines {
			if !strings.Contains(text, "\n"+line+"\n") {
				missing = append(missing, line)
			}
		}
		if len(missing) == 0 {
			return
		}
	}
	s.t.Errorf("the metrics must have\n%s\ngot\n%s", strings.Join(missing, "\n"), s.scrape())
}

func TestMetricsOfTraffic(t *testing.T) {
	t.Parallel()
	s := serve(t, linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{Channels: []string{"news"}}) },
		OnMessage: func(m *linger.Message) {
			if m.String() == "panic" {
				panic("as intended")
			}
			_ = m.Socket.Send(m.Payload)
		},
	}, metrics.Options{Version: "v1.2.3"})
	s.want(`linger_connections{state="open"} 0`, "linger_ready 1")
	a, b := s.connect(), s.connect()
	s.want(`linger_connections{state="open"} 2`, "linger_connections_opened_total 2", "linger_channels 1", "linger_subscriptions 2",
		`linger_upgrades_total{result="accepted"} 2`)
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	_ = a.Write(ctx, websocket.Text, []byte("hello"))
	_ = a.Write(ctx, websocket.Binary, []byte{1, 2})
	for range 2 {
		if _, _, err := a.Read(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.Publish("news", linger.Text("all")); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	s.want(
		`linger_messages_total{direction="received",kind="text"} 1`, `linger_messages_total{direction="sent",kind="text"} 3`,
		`linger_messages_total{direction="received",kind="binary"} 1`, `linger_message_bytes_total{direction="sent",kind="text"} 11`,
		`linger_message_bytes_total{direction="received",kind="binary"} 2`,
		"linger_publishes_total 1", "linger_deliveries_total 2",
		`linger_event_duration_seconds_count{event="message",runtime="go"} 2`, `linger_event_wait_seconds_count{queue="connection"} 2`,
	)
	_ = a.Close(websocket.CloseNormal, "")
	_ = b.Write(ctx, websocket.Text, []byte("panic"))
	_, _, _ = b.Read(ctx)
	_, _, _ = b.Read(ctx)
	s.want(
		`linger_connections_closed_total{cause="close",code="1000",initiator="client"} 1`,
		`linger_connections_closed_total{cause="panic",code="1011",initiator="server"} 1`,
		`linger_events_failed_total{event="message"} 1`, `linger_connections{state="open"} 0`,
	)
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	request.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"12"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	s.want(`linger_handshakes_refused_total{reason="version"} 1`)
}

// A peer must not be able to make time series: 2,000 close codes are of its choice.
func TestMetricsOfHostileCodes(t *testing.T) {
	t.Parallel()
	s := serve(t, linger.HandlerFuncs{}, metrics.Options{})
	before := s.series()
	const codes = 300
	for i := range codes {
		code := protocol.CloseCode(3000 + i*1999/(codes-1))
		_ = s.connect().Close(code, "hostile")
	}
	s.want(fmt.Sprintf("linger_connections_opened_total %d", codes),
		`linger_connections_closed_total{cause="close",code="3xxx",initiator="client"} 150`,
		`linger_connections_closed_total{cause="close",code="4xxx",initiator="client"} 150`)
	if added := s.series() - before; added > 2 {
		t.Errorf("the codes of a peer must add two series at the most; got %d", added)
	}
}

func TestMetricsOfUnknownLabels(t *testing.T) {
	t.Parallel()
	s := serve(t, linger.HandlerFuncs{}, application())
	for i := range 100 {
		name := fmt.Sprint("unknown-", i)
		s.metrics.Event(name, time.Second, time.Second, true)
		s.metrics.Restart(name)
	}
	s.want(`linger_events_failed_total{event="other"} 100`, `linger_worker_restarts_total{reason="other"} 100`,
		`linger_event_duration_seconds_count{event="other",runtime="embedded"} 100`)
}

// application returns the options for an application in JavaScript.
func application() metrics.Options {
	return metrics.Options{
		Runtime: "embedded", Engine: "QuickJS",
		Certificates: func() []metrics.Certificate {
			return []metrics.Certificate{{Name: "a.example", NotAfter: time.Unix(7, 0)}}
		},
		Workers: func() []metrics.Worker {
			return []metrics.Worker{
				{State: "running", Queued: 3, Waited: time.Second, Objects: 2, Sleeps: 1, Wakes: 5, DroppedPosts: 1},
				{State: "running", Queued: 1, Waited: 2 * time.Second, Objects: 1},
				{State: "backing off"},
			}
		},
		Generation: func() int { return 7 },
		Storage:    func() metrics.Storage { return metrics.Storage{Databases: 1, Queued: 2, Commits: 3, Syncs: 4} },
		Cluster: func() metrics.Cluster {
			return metrics.Cluster{
				Connected: true, Nodes: 3, Pending: 4, Sent: metrics.ClusterTraffic{Records: 5, Bytes: 6}, Received: metrics.ClusterTraffic{Records: 7, Bytes: 8},
				Dropped: map[string]uint64{"full": 9},
				Objects: metrics.ClusterObjects{
					Owned: 10, LeaseRemaining: 1500 * time.Millisecond, TakenOver: 11, ShippedBytes: 12, Oldest: time.Second,
					Sent: 13, Received: 14, Moved: 15, Failed: 16, Dropped: 17, AlarmsDropped: 18,
					WebSockets: metrics.ClusterWebSockets{
						Connections: 19, Objects: 20, Sent: 21, Received: 22, Interrupted: 23, Moved: 24, Unplaced: 25, Slow: 26, LostStreams: 27, Dropped: 28,
					},
				},
			}
		},
	}
}

func TestMetricsOfApplication(t *testing.T) {
	t.Parallel()
	s := serve(t, linger.HandlerFuncs{OnMessage: func(*linger.Message) {}}, application())
	s.metrics.Event("websocketmessage", time.Millisecond, 3*time.Millisecond, false)
	s.metrics.Reload(nil)
	s.metrics.Reload(errors.New("as intended"))
	s.metrics.Restart("memory")
	s.metrics.Failure()
	s.metrics.ClusterCall(2*time.Millisecond, nil)
	trace := s.metrics.Trace()
	trace.Relayed("channel", linger.Payload{}, 4)
	trace.RelayFailed("channel", linger.ErrClusterFull)
	trace.RelayFailed("channel", errors.New("as intended"))
	s.metrics.ClusterCall(time.Minute, errors.New("as intended"))
	s.want(
		"linger_cluster_connected 1", "linger_cluster_nodes 3", "linger_cluster_pending_bytes 4", "linger_cluster_storage_ready 0",
		`linger_cluster_records_total{direction="sent"} 5`, `linger_cluster_bytes_total{direction="received"} 8`, `linger_cluster_records_dropped_total{reason="full"} 9`,
		`linger_cluster_records_dropped_total{reason="overrun"} 0`, "linger_cluster_objects_owned 10", "linger_cluster_lease_remaining_seconds 1.5",
		"linger_cluster_objects_taken_over_total 11", "linger_cluster_log_bytes_total 12", "linger_cluster_log_lag_seconds 1",
		`linger_cluster_object_events_total{direction="sent"} 13`, `linger_cluster_object_events_total{direction="received"} 14`,
		"linger_cluster_object_events_moved_total 15", "linger_cluster_object_events_failed_total 16",
		`linger_cluster_object_records_dropped_total{service="objects"} 17`, "linger_cluster_alarms_dropped_total 18",
		`linger_cluster_websockets{side="connection"} 19`, `linger_cluster_websockets{side="object"} 20`,
		`linger_cluster_websocket_events_total{direction="sent"} 21`, `linger_cluster_websocket_events_total{direction="received"} 22`,
		"linger_cluster_websocket_events_interrupted_total 23", "linger_cluster_websockets_moved_total 24",
		`linger_cluster_websockets_closed_total{reason="unplaced"} 25`, `linger_cluster_websockets_closed_total{reason="slow"} 26`,
		"linger_cluster_streams_lost_total 27", `linger_cluster_object_records_dropped_total{service="sockets"} 28`,
		"linger_cluster_publications_total 1", "linger_cluster_deliveries_total 4", `linger_cluster_publications_failed_total{reason="full"} 1`,
		`linger_cluster_publications_failed_total{reason="malformed"} 1`,
		`linger_cluster_call_duration_seconds_bucket{result="answered",le="0.0025"} 1`, `linger_cluster_call_duration_seconds_count{result="failed"} 1`,
		`linger_workers{state="running"} 2`, `linger_workers{state="asleep"} 0`, `linger_workers{state="backing_off"} 1`,
		"linger_worker_queue_events 4", "linger_worker_queue_oldest_seconds 2", "linger_objects 3", "linger_object_wakes_total 5",
		"linger_worker_sleeps_total 1", "linger_worker_posts_dropped_total 1", "linger_generation 7",
		"linger_storage_databases 1", "linger_storage_queued_bytes 2", "linger_storage_commits_total 3", "linger_storage_syncs_total 4",
		`linger_event_duration_seconds_bucket{event="websocketmessage",runtime="embedded",le="0.005"} 1`,
		`linger_event_wait_seconds_count{queue="worker"} 1`, "linger_application_failures_total 1",
		`linger_reloads_total{result="succeeded"} 1`, `linger_reloads_total{result="failed"} 1`, `linger_worker_restarts_total{reason="memory"} 1`,
	)
}

// What happens before there is a request is counted by what the program reports.
func TestMetricsOfListeners(t *testing.T) {
	t.Parallel()
	s := serve(t, linger.HandlerFuncs{}, metrics.Options{Certificates: func() (list []metrics.Certificate) {
		for i := range 300 {
			list = append(list, metrics.Certificate{Name: fmt.Sprintf("%d.example", i), NotAfter: time.Unix(int64(1000-i), 0)})
		}
		return append(list, metrics.Certificate{Name: "299.example", NotAfter: time.Unix(5000, 0)}, metrics.Certificate{Name: "\xff", NotAfter: time.Unix(1, 0)})
	}})
	s.metrics.TLSFailure()
	s.metrics.HeaderRefused("missing")
	s.metrics.HeaderRefused("of a new kind")
	s.want(
		"linger_tls_handshakes_failed_total 1", `linger_handshakes_refused_total{reason="unknown-host"} 0`,
		`linger_proxy_protocol_refused_total{reason="missing"} 1`, `linger_proxy_protocol_refused_total{reason="other"} 1`,
		`linger_proxy_protocol_refused_total{reason="timeout"} 0`, `linger_tls_certificate_expiry_timestamp_seconds{name="299.example"} 701`,
	)
	if n, err := testutil.GatherAndCount(s.metrics.Gatherer(), "linger_tls_certificate_expiry_timestamp_seconds"); n != 100 || err != nil {
		t.Errorf("100 certificates must have a series; got %d, %v", n, err)
	}
}

func TestMetricsOfDrain(t *testing.T) {
	t.Parallel()
	s := serve(t, linger.HandlerFuncs{}, metrics.Options{})
	conn := s.connect()
	s.want(`linger_connections{state="open"} 1`)
	done := make(chan error, 1)
	go func() { done <- s.Drain(t.Context(), linger.DrainOptions{Delay: time.Hour}) }()
	s.want("linger_ready 0", "linger_draining 1", "linger_drain_connections 1", "linger_drain_connections_left 1")
	s.CancelDrain()
	if err := <-done; !errors.Is(err, linger.ErrDrainCancelled) {
		t.Errorf("the drain must be cancelled; got %v", err)
	}
	s.want("linger_ready 1", "linger_draining 0")
	conn.CloseNow()
}

func TestMetricsFormats(t *testing.T) {
	t.Parallel()
	s := serve(t, linger.HandlerFuncs{}, application())
	r := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	w := httptest.NewRecorder()
	s.metrics.Handler().ServeHTTP(w, r)
	if kind := w.Header().Get("Content-Type"); !strings.HasPrefix(kind, "application/openmetrics-text") || !strings.HasSuffix(w.Body.String(), "# EOF\n") {
		t.Errorf("a client that asks for OpenMetrics must get them; got %s", kind)
	}
	problems, err := testutil.GatherAndLint(s.metrics.Gatherer())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestHandovers(t *testing.T) {
	t.Parallel()
	s := serve(t, linger.HandlerFuncs{}, application())
	s.metrics.HandoverBegun()
	s.want(`linger_handover_in_progress 1`)
	s.metrics.HandoverFailed()
	s.metrics.HandoverBegun()
	s.metrics.HandoverTaken(7)
	s.want(`linger_handover_in_progress 0`, `linger_handovers_total{result="failed"} 1`, `linger_handovers_total{result="taken"} 1`, `linger_handover_connections_total 7`)
}
