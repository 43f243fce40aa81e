package telemetry_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/lingerws/linger/telemetry"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// fakeCollector is a collector that describes the spans that it gets as lines.
type fakeCollector struct {
	*httptest.Server
	mu      sync.Mutex
	spans   []string
	headers http.Header
	path    string
}

func startCollector(t *testing.T, status int) *fakeCollector {
	t.Helper()
	c := &fakeCollector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			t.Errorf("the collector gets spans: %v", err)
		}
		c.add(r, &request)
		w.WriteHeader(status)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *fakeCollector) add(r *http.Request, request *collector.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.headers, c.path = r.Header, r.URL.Path
	for _, resource := range request.GetResourceSpans() {
		service := ""
		for _, a := range resource.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				line := fmt.Sprintf("%s: %s of %x in %x, %s", service, span.GetName(), span.GetParentSpanId(), span.GetTraceId(), span.GetKind())
				for _, a := range span.GetAttributes() {
					line += fmt.Sprintf(" %s=%v", a.GetKey(), strings.Trim(a.GetValue().GetStringValue()+fmt.Sprint(a.GetValue().GetIntValue()), "0"))
				}
				if span.GetStatus().GetCode() != 0 {
					line += " error: " + span.GetStatus().GetMessage()
				}
				c.spans = append(c.spans, line)
			}
		}
	}
}

// want fails the test unless one span has all of these parts.
func (c *fakeCollector) want(t *testing.T, parts ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	has := func(line string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
	}
	if !slices.ContainsFunc(c.spans, has) {
		t.Errorf("no span has %q: the spans are\n%s", parts, strings.Join(c.spans, "\n"))
	}
}

// start starts an exporter, which the returned function shuts down.
func start(t *testing.T, o telemetry.Options) (*telemetry.Exporter, func()) {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	x, err := telemetry.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return x, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := x.Shutdown(ctx); err != nil {
			t.Errorf("the exporter shuts down; got %v", err)
		}
	}
}

func TestExporter(t *testing.T) {
	c := startCollector(t, http.StatusOK)
	x, shutdown := start(t, telemetry.Options{Endpoint: c.URL, Service: "chat", SampleRatio: 1, Headers: map[string]string{"X-Key": "secret"}})

	upgraded, state, end := x.Start(telemetry.Event{Kind: "websocketupgrade", TraceParent: parent, TraceState: "a=b", Method: "GET", Path: "/chat", Runtime: "node", Worker: 2})
	if !strings.HasPrefix(upgraded, parent[:36]) || upgraded == parent || !strings.HasSuffix(upgraded, "-01") || state != "a=b" {
		t.Errorf("the span continues the trace; got %q %q", upgraded, state)
	}
	end(telemetry.Result{Connection: "n.1", Status: 101})
	_, _, end = x.Start(telemetry.Event{Kind: "websocketmessage", TraceParent: upgraded, Connection: "n.1", Messages: 3})
	end(telemetry.Result{Failed: true, Error: "TypeError: x"})
	_, _, end = x.Start(telemetry.Event{Kind: "fetch", Method: "POST", TraceParent: "nonsense"})
	end(telemetry.Result{Status: 503})
	shutdown()

	c.want(t, "chat: websocket upgrade of b7ad6b7169203331 in 0af7651916cd43dd8448eb211c80319c, SPAN_KIND_SERVER",
		"http.request.method=GET", "url.path=/chat", "linger.runtime=node", "linger.worker=2", "linger.connection.id=n.1", "http.response.status_code=101")
	c.want(t, "websocket message of "+upgraded[36:52]+" in 0af7651916cd43dd8448eb211c80319c, SPAN_KIND_CONSUMER",
		"messaging.batch.message_count=3", "error: TypeError: x")
	c.want(t, ": POST of  in", "http.response.status_code=503", "error: ")
	if c.path != "/v1/traces" || c.headers.Get("X-Key") != "secret" {
		t.Errorf("the collector is asked for /v1/traces with the fields of the options; got %s %v", c.path, c.headers)
	}
}

func TestExporterSampling(t *testing.T) {
	c := startCollector(t, http.StatusOK)
	x, shutdown := start(t, telemetry.Options{Endpoint: c.URL, SampleRatio: 0})
	for _, begun := range []string{"", strings.TrimSuffix(parent, "1") + "0"} {
		context, _, end := x.Start(telemetry.Event{Kind: "fetch", TraceParent: begun, Path: "/omitted"})
		if !strings.HasSuffix(context, "-00") {
			t.Errorf("the context of a span that is not sampled has the flag 00; got %q", context)
		}
		end(telemetry.Result{})
	}
	_, _, end := x.Start(telemetry.Event{Kind: "fetch", TraceParent: parent, Path: "/sampled"})
	end(telemetry.Result{})
	shutdown()
	c.want(t, "url.path=/sampled")
	if len(c.spans) != 1 {
		t.Errorf("only the span whose request is sampled is sent; got %q", c.spans)
	}
}

func TestExporterFailure(t *testing.T) {
	c := startCollector(t, http.StatusForbidden)
	var log bytes.Buffer
	x, shutdown := start(t, telemetry.Options{Endpoint: c.URL, SampleRatio: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	_, _, end := x.Start(telemetry.Event{Kind: "fetch"})
	end(telemetry.Result{})
	shutdown()
	for _, want := range []string{"spans could not be sent to the collector", "403", "spans were not sent to the collector", "spans=1 sent=0"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has %q; got %s", want, &log)
		}
	}
}

// Spans that do not fit into the queue are dropped, and their number is logged.
func TestExporterQueueFull(t *testing.T) {
	const made = 10_000 // more than the queue and two batches
	blocked := make(chan struct{})
	var received atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-blocked
		body, _ := io.ReadAll(r.Body)
		received.Add(int64(bytes.Count(body, []byte("linger.event"))))
	}))
	t.Cleanup(collector.Close)
	var log bytes.Buffer
	x, shutdown := start(t, telemetry.Options{Endpoint: collector.URL, SampleRatio: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range made {
		_, _, end := x.Start(telemetry.Event{Kind: "fetch"})
		end(telemetry.Result{})
	}
	close(blocked)
	shutdown()
	want := fmt.Sprintf("spans=%d sent=%d", made-received.Load(), received.Load())
	if received.Load() == 0 || received.Load() == made || !strings.Contains(log.String(), want) {
		t.Errorf("some spans are sent, and the log has %q; got %s", want, &log)
	}
}

func TestNewInvalid(t *testing.T) {
	for name, o := range map[string]telemetry.Options{
		"an endpoint without a scheme": {Endpoint: "localhost:4318"},
		"an endpoint of gRPC":          {Endpoint: "grpc://localhost:4317"},
		"an endpoint with a password":  {Endpoint: "http://user:hunter2@localhost:4318"},
		"a ratio above 1":              {SampleRatio: 1.5},
	} {
		if _, err := telemetry.New(t.Context(), o); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s is an error without secrets; got %v", name, err)
		}
	}
}
