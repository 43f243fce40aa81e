package telemetry

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Event describes an event whose handling begins. Fields that are empty are left out of the span.
type Event struct {
	Kind        string // such as "websocketmessage" or "fetch"
	TraceParent string // the trace context of the event's cause, as the fields traceparent and tracestate
	TraceState  string
	Method      string
	Path        string
	Connection  string
	Class       string // of a Durable Object
	Runtime     string
	Worker      int
	Messages    int
}

// Result describes how an event was handled.
type Result struct {
	Connection string // the connection that an upgrade event has accepted
	Status     int    // of an HTTP response; 0 without one
	Failed     bool
	Error      string
}

// Start starts the span of an event. It returns the trace context of the span, and the function that ends the span.
func (x *Exporter) Start(e Event) (traceParent, traceState string, end func(Result)) {
	fields := propagation.TraceContext{}
	parent := fields.Extract(context.Background(), propagation.MapCarrier{"traceparent": e.TraceParent, "tracestate": e.TraceState})
	ctx, span := x.tracer.Start(parent, e.name(), trace.WithSpanKind(e.spanKind()), trace.WithAttributes(e.attributes()...))
	own := propagation.MapCarrier{}
	fields.Inject(ctx, own)
	return own["traceparent"], own["tracestate"], func(r Result) {
		if span.IsRecording() {
			r.describe(span)
			x.ended.Add(1)
		}
		span.End()
	}
}

// name returns the name of the span, of which there are few (OpenTelemetry, conventions for HTTP spans).
func (e *Event) name() string {
	if socket, ok := strings.CutPrefix(e.Kind, "websocket"); ok {
		return "websocket " + socket
	}
	if e.Kind == "fetch" && e.Method != "" {
		return e.Method
	}
	return e.Kind
}

func (e *Event) spanKind() trace.SpanKind {
	switch e.Kind {
	case "websocketupgrade", "fetch", "rpc":
		return trace.SpanKindServer
	case "websocketmessage":
		return trace.SpanKindConsumer
	}
	return trace.SpanKindInternal
}

func (e *Event) attributes() []attribute.KeyValue {
	list := []attribute.KeyValue{attribute.String("linger.event", e.Kind), attribute.Int("linger.worker", e.Worker)}
	for _, text := range []struct{ key, value string }{
		{"http.request.method", e.Method},
		{"url.path", e.Path},
		{"linger.connection.id", e.Connection},
		{"linger.object.class", e.Class},
		{"linger.runtime", e.Runtime},
	} {
		if text.value != "" {
			list = append(list, attribute.String(text.key, text.value))
		}
	}
	if e.Messages > 1 {
		list = append(list, attribute.Int("messaging.batch.message_count", e.Messages))
	}
	return list
}

// describe adds the result to a span. A response with a status of 500 or above is an error of a server.
func (r *Result) describe(span trace.Span) {
	if r.Connection != "" {
		span.SetAttributes(attribute.String("linger.connection.id", r.Connection))
	}
	if r.Status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", r.Status))
	}
	if r.Failed || r.Status >= 500 {
		span.SetStatus(codes.Error, r.Error)
	}
}
