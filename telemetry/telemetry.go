// Package telemetry sends spans of the events of an application to a collector of OpenTelemetry, by OTLP over HTTP.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/lingerws/linger/internal/loglimit"
)

// Options configure an Exporter.
type Options struct {
	// Endpoint is the URL of the collector, such as http://localhost:4318. Without a path, /v1/traces is used. "" means that of
	// the environment, see [Configured].
	Endpoint string

	// Headers are fields of the requests to the collector, such as those of an API key. They are not logged.
	Headers map[string]string

	Service string // the attribute service.name; "" means that of the environment, or linger
	Version string // the attribute service.version
	Node    string // the attribute service.instance.id; "" means that of the environment, or none

	// SampleRatio is the share of the traces that begin here whose spans are sent, from 0 to 1. A request with a trace
	// context has decided already.
	SampleRatio float64

	// Logger logs failures of the export, rate-limited.
	Logger *slog.Logger
}

// Bounds of an Exporter. Spans that do not fit into the queue are dropped; their number is logged by Shutdown.
const (
	maxQueued     = 4096
	batchSpans    = 512
	exportTimeout = 10 * time.Second
)

// Configured reports whether the environment names a collector, by the variables of the OpenTelemetry specification.
func Configured() bool {
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

// Exporter makes spans and sends them. Its methods may be called from any goroutine.
type Exporter struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	ended    atomic.Int64 // spans that are to be sent
	sent     *sender
	log      *slog.Logger
}

// New returns an exporter. It does not connect to the collector; later failures are logged. Variables of the OpenTelemetry
// specification, such as OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_TIMEOUT, apply to what the options leave open.
func New(ctx context.Context, o Options) (*Exporter, error) {
	if o.SampleRatio < 0 || o.SampleRatio > 1 {
		return nil, fmt.Errorf("telemetry: the sample ratio %v is not from 0 to 1", o.SampleRatio)
	}
	client, err := clientOptions(o)
	if err != nil {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx, client...)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	described, err := describe(ctx, o)
	if err != nil {
		return nil, err
	}
	sent := &sender{SpanExporter: exporter, log: o.Logger, limit: loglimit.Limiter[string]{Period: time.Minute, Lines: 1}}
	provider := sdk.NewTracerProvider(
		sdk.WithResource(described),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.SampleRatio))),
		sdk.WithBatcher(sent, sdk.WithMaxQueueSize(maxQueued), sdk.WithMaxExportBatchSize(batchSpans),
			sdk.WithExportTimeout(exportTimeout)),
	)
	return &Exporter{provider: provider, tracer: provider.Tracer("github.com/lingerws/linger"), sent: sent, log: o.Logger}, nil
}

// clientOptions returns the options of the connection to the collector.
func clientOptions(o Options) ([]otlptracehttp.Option, error) {
	var options []otlptracehttp.Option
	if o.Endpoint != "" {
		endpoint, err := parseEndpoint(o.Endpoint)
		if err != nil {
			return nil, err
		}
		options = append(options, otlptracehttp.WithEndpointURL(endpoint))
	}
	if len(o.Headers) > 0 {
		options = append(options, otlptracehttp.WithHeaders(o.Headers))
	}
	return options, nil
}

// parseEndpoint returns the URL for traces.
func parseEndpoint(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", fmt.Errorf("telemetry: the endpoint %q is not a URL such as http://localhost:4318", text)
	case u.User != nil:
		return "", errors.New("telemetry: the endpoint has a user name or password, which would be shown with it: send them in a field, such as Authorization")
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces" // OTLP, section "OTLP/HTTP Request"
	}
	return u.String(), nil
}

// describe returns the attributes that all spans share.
func describe(ctx context.Context, o Options) (*resource.Resource, error) {
	own := []attribute.KeyValue{attribute.String("service.version", o.Version)}
	if o.Node != "" {
		own = append(own, attribute.String("service.instance.id", o.Node))
	}
	if o.Service != "" {
		own = append(own, attribute.String("service.name", o.Service))
	}
	described, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "linger")),
		resource.WithTelemetrySDK(), resource.WithHost(), resource.WithFromEnv(), resource.WithAttributes(own...))
	if err != nil {
		return nil, fmt.Errorf("telemetry: the attributes of the service: %w", err)
	}
	return described, nil
}

// Shutdown sends the spans that wait, until ctx ends. The number of spans that were dropped or could not be sent is logged.
func (x *Exporter) Shutdown(ctx context.Context) error {
	err := x.provider.Shutdown(ctx)
	if lost := x.ended.Load() - x.sent.spans.Load(); lost > 0 {
		x.log.Warn("spans were not sent to the collector", "spans", lost, "sent", x.sent.spans.Load())
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("telemetry: %w", err)
	}
	return nil
}

// sender is a span exporter that counts what it has sent and logs failures.
type sender struct {
	sdk.SpanExporter
	spans atomic.Int64
	log   *slog.Logger
	limit loglimit.Limiter[string]
}

// ExportSpans implements [sdk.SpanExporter].
func (s *sender) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := s.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		s.spans.Add(int64(len(spans)))
		return nil
	}
	more := func(failures int) { s.log.Warn("spans could not be sent to the collector", "batches", failures) }
	if s.limit.Allow("export", more) {
		s.log.Warn("spans could not be sent to the collector", "spans", len(spans), "error", err)
	}
	return nil // it has been logged; the library would write it to standard error
}
