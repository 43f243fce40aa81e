package worker

import (
	"net/http"

	"github.com/lingerws/linger/worker/internal/script"
)

// TraceContext identifies a span to other systems: the values of the fields traceparent and tracestate (W3C Trace Context, section
// 3). The zero value identifies none.
type TraceContext struct{ Parent, State string }

// SpanStart describes an event whose handling begins.
type SpanStart struct {
	Event      string       // the kind of the event, such as "websocketmessage" or "fetch"
	Parent     TraceContext // of the request; for the events of a connection, the span of its upgrade event
	Method     string       // of the request; "" without one
	URL        string       // of the request, without its query
	Connection string       // the id of the connection; "" without one
	Class      string       // of the Durable Object that handles the event; "" without one
	Worker     int          // the number of the worker, from 0
	Messages   int          // the messages that are handled as one event; 0 for other events
}

// Span is what [Options.StartSpan] returns.
type Span struct {
	Context TraceContext  // what the fetches of the event's code are sent with; the zero value for nothing
	End     func(SpanEnd) // called once, when the event is complete; on any goroutine
}

// SpanEnd describes how an event was handled.
type SpanEnd struct {
	Connection string // the id of the connection that an upgrade event has accepted
	Status     int    // of the response to a request; 101 for one that was accepted, 0 without a response
	Failed     bool   // a listener has thrown, or did not finish in time
	Error      string // what it has thrown, if that is known
}

// startSpan starts the span of an event that begins, unless it has one from an instance that could not handle it. The install and
// activate events of a generation have none.
func (in *instance) startSpan(e *event) {
	start := in.app.opts.StartSpan
	if start == nil || e.span != nil {
		return
	}
	if _, isLifecycle := e.input.(*script.Lifecycle); isLifecycle {
		return
	}
	s := SpanStart{
		Event: e.kind, Parent: in.app.traceParent(e), Method: e.method, URL: e.url, Worker: in.worker.index,
	}
	if e.socket != nil {
		s.Connection, s.Messages = e.socket.ID(), e.messages()
	}
	if e.object != nil {
		s.Class = e.object.ref.Class
	}
	e.span = start(s)
}

// endSpan ends the span of an event, if it has one.
func (e *event) endSpan() {
	if e.span == nil {
		return
	}
	end := SpanEnd{Failed: e.failed || e.overdue}
	if e.problem != nil {
		end.Error = e.problem.Text
	}
	switch {
	case e.upgrade != nil && e.socket != nil && !end.Failed:
		end.Connection, end.Status = e.socket.ID(), http.StatusSwitchingProtocols
	case e.response != nil:
		end.Status = e.response.status
	}
	e.span.End(end)
}

// traceContext returns the context of the event's span. A nil event has none.
func (e *event) traceContext() TraceContext {
	if e == nil || e.span == nil {
		return TraceContext{}
	}
	return e.span.Context
}

// traceParent returns the context of the span that the span of an event belongs to.
func (a *App) traceParent(e *event) TraceContext {
	if header := requestHeader(e.input); header != nil {
		return contextIn(header)
	}
	if e.socket == nil {
		return TraceContext{}
	}
	if assigned := a.assignments.find(e.socket); assigned != nil && assigned.trace.Parent != "" {
		return assigned.trace
	}
	return contextIn(e.socket.Header()) // an object that does not see the upgrade event has accepted the connection
}

func contextIn(header http.Header) TraceContext {
	return TraceContext{Parent: header.Get("Traceparent"), State: header.Get("Tracestate")}
}

// requestHeader returns the header of the request that an event is about, nil if it is not about one.
func requestHeader(input script.Event) http.Header {
	switch input := input.(type) {
	case *script.Request:
		return input.Header.Fields
	case *script.ObjectRequest:
		return input.Request.Header.Fields
	case *script.EntrypointRequest:
		return input.Request.Header.Fields
	}
	return nil
}

// TraceContext implements [script.Calls].
func (h *hostAPI) TraceContext(event int) (parent, state string) {
	context := h.events.get(event).traceContext()
	return context.Parent, context.State
}
