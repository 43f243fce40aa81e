package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/telemetry"
	"github.com/lingerws/linger/worker"
)

// otelFlags are the flags for distributed tracing.
type otelFlags struct {
	OtelEndpoint    string       `placeholder:"URL" help:"Collector of OpenTelemetry to which spans of the events are sent by OTLP over HTTP, such as http://localhost:4318. Default: OTEL_EXPORTER_OTLP_ENDPOINT in the environment; without either, no spans are made."`
	OtelHeader      []otelHeader `secret:"" placeholder:"NAME=VALUE" sep:"none" help:"Field of the requests to the collector, such as that of an API key. May be repeated."`
	OtelService     string       `placeholder:"NAME" help:"Name of the service in the spans. Default: OTEL_SERVICE_NAME in the environment, or linger."`
	OtelSampleRatio float64      `default:"1" placeholder:"RATIO" help:"Share of the traces that begin here whose spans are sent, from 0 to 1. A request with the field traceparent has decided already."`
}

// otelHeader is a field of the requests to the collector.
type otelHeader struct{ name, value string }

// Decode implements kong.MapperValue.
func (h *otelHeader) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("field", &text); err != nil {
		return err
	}
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return errors.New("a field is NAME=VALUE, such as x-api-key=secret") // without the text, which may be a secret
	}
	*h = otelHeader{name, value}
	return nil
}

// Validate reports a ratio that is out of range. kong calls it.
func (f otelFlags) Validate() error {
	if !(f.OtelSampleRatio >= 0 && f.OtelSampleRatio <= 1) { // false for NaN
		return fmt.Errorf("--otel-sample-ratio: %v is not from 0 to 1", f.OtelSampleRatio)
	}
	return nil
}

// tracing sends the spans of an application.
type tracing struct {
	exporter *telemetry.Exporter
	runtime  string
	log      *slog.Logger
}

// startTracing sets tracing if a collector is configured.
func (c *runCommand) startTracing(log *slog.Logger) error {
	if c.OtelEndpoint == "" && !telemetry.Configured() {
		return nil
	}
	headers := make(map[string]string, len(c.OtelHeader))
	for _, h := range c.OtelHeader {
		headers[h.name] = h.value
	}
	exporter, err := telemetry.New(context.Background(), telemetry.Options{
		Endpoint: c.OtelEndpoint, Headers: headers, Service: c.OtelService, Version: versionNumber(),
		SampleRatio: c.OtelSampleRatio, Logger: log,
	})
	if err != nil {
		return err
	}
	c.tracing = &tracing{exporter: exporter, runtime: string(c.Runtime), log: log}
	return nil
}

// startSpan is worker.Options.StartSpan.
func (t *tracing) startSpan(s worker.SpanStart) *worker.Span {
	path := ""
	if target, err := url.Parse(s.URL); err == nil && s.URL != "" {
		path = target.EscapedPath()
	}
	parent, state, end := t.exporter.Start(telemetry.Event{
		Kind: s.Event, TraceParent: s.Parent.Parent, TraceState: s.Parent.State, Method: s.Method, Path: path,
		Connection: s.Connection, Class: s.Class, Runtime: t.runtime, Worker: s.Worker, Messages: s.Messages,
	})
	return &worker.Span{
		Context: worker.TraceContext{Parent: parent, State: state},
		End:     func(e worker.SpanEnd) { end(telemetry.Result(e)) },
	}
}

// flushTimeout bounds the sending of the last spans, after the connections have ended.
const flushTimeout = 5 * time.Second

// close sends the spans that wait. A nil tracing has none.
func (t *tracing) close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := t.exporter.Shutdown(ctx); err != nil {
		t.log.Warn("the last spans could not be sent", "error", err)
	}
}
