package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/metrics"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// proxyMetrics returns the metrics of a proxy with two pairs, which drains.
func proxyMetrics() *metrics.Proxy {
	return metrics.NewProxy(metrics.ProxyOptions{
		Certificates: func() []metrics.Certificate {
			return []metrics.Certificate{{Name: "a.example", NotAfter: time.Unix(7, 0)}}
		},
		State: func() metrics.ProxyState {
			return metrics.ProxyState{
				Pairs: 2, FromClients: metrics.Traffic{Messages: 3, Bytes: 4}, FromBackends: metrics.Traffic{Messages: 5, Bytes: 6},
				Drain: linger.DrainStatus{State: linger.DrainClosing, Total: 7, Left: 2},
			}
		},
	})
}

func TestMetricsOfProxy(t *testing.T) {
	t.Parallel()
	p := proxyMetrics()
	p.Opened()
	p.Refused("unreachable")
	p.Refused("of a new kind")
	closed := protocol.Status{Code: 4321}
	p.Closed(driver.Outcome{Outcome: protocol.Outcome{First: protocol.Remote, Received: closed, Cause: protocol.CauseClose}},
		driver.Outcome{Outcome: protocol.Outcome{First: protocol.Local, Sent: closed, Cause: protocol.CauseTimeout}}, "client")
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for _, line := range []string{
		"linger_proxy_pairs 2", "linger_proxy_pairs_opened_total 1",
		`linger_proxy_messages_total{side="client"} 3`, `linger_proxy_message_bytes_total{side="client"} 4`,
		`linger_proxy_messages_total{side="backend"} 5`, `linger_proxy_message_bytes_total{side="backend"} 6`,
		`linger_proxy_connections_closed_total{cause="close",code="4xxx",initiator="client",side="client"} 1`,
		`linger_proxy_connections_closed_total{cause="timeout",code="4xxx",initiator="client",side="backend"} 1`,
		`linger_handshakes_refused_total{reason="unreachable"} 1`, `linger_handshakes_refused_total{reason="other"} 1`,
		"linger_ready 0", "linger_draining 1", "linger_drain_connections 7", "linger_drain_connections_left 2",
		`linger_tls_certificate_expiry_timestamp_seconds{name="a.example"} 7`,
	} {
		if !strings.Contains(w.Body.String(), "\n"+line+"\n") {
			t.Errorf("the metrics must have %s; got\n%s", line, w.Body)
		}
	}
	problems, err := testutil.GatherAndLint(p.Gatherer())
	if len(problems) > 0 || err != nil {
		t.Errorf("the metrics must have names by convention; got %v, %v", problems, err)
	}
}
