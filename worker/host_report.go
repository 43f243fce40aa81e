package worker

import (
	"fmt"
	"slices"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// Threw implements [script.Observer].
func (h *hostAPI) Threw(id int, err error, places []script.Frame) {
	h.events.fail(id)
	e := h.events.get(id)
	if e == nil {
		e = h.streams[id] // nil unless the body of its response has failed
	}
	h.caller.reportFailure(e, err, h.generation.origin(places))
}

// Unanswered implements [script.Observer]. The client gets 500.
func (h *hostAPI) Unanswered(id int, places []script.Frame) {
	e := h.events.get(id)
	if e == nil || e.problem != nil || e.overdue {
		return
	}
	text := "request not answered: a listener must call respondWith, with a Response or a promise of one, before it is done"
	if e.upgrade != nil {
		text = "upgrade request not answered: a listener must call accept or respondWith before it is done"
	}
	attrs := e.attrs()
	at := h.generation.origin(places)
	if at.File != "" {
		attrs = append(attrs, "at", at.String())
	}
	h.events.note(e, &ScriptError{Text: text, At: at, sources: h.generation.bundle.Sources})
	h.app.opts.Logger.Error(text, attrs...)
	h.caller.traceFailure(e, text, at)
}

// Overdue implements [script.Observer].
func (h *hostAPI) Overdue(id int) {
	if e := h.events.get(id); e != nil {
		h.caller.reportOverdue(e)
	}
}

// Unhandled implements [script.Observer].
func (h *hostAPI) Unhandled(e *script.Exception) {
	described := newScriptError(h.generation.bundle.Sources, e)
	h.app.opts.Logger.Error("unhandled promise rejection", described.attr())
	h.caller.traceFailure(nil, "unhandled promise rejection: "+described.Text+described.reasons(), described.At)
}

// CallFailed implements [script.Observer].
func (h *hostAPI) CallFailed(function string, err error) {
	h.app.opts.Logger.Error("host function failed", "function", function, "error", err)
	h.caller.traceFailure(nil, "host function "+function+" failed: "+err.Error(), Position{})
}

// Slow implements [script.Observer].
func (h *hostAPI) Slow(id int, took time.Duration, frames []script.Frame) {
	e := h.events.get(id)
	if frames == nil {
		h.caller.reportSlow(e, took, "it computed in a built-in function", nil)
		return
	}
	h.caller.reportSlow(e, took, "it computes", h.generation.placeAttrs(frames))
}

// BlobByDefault implements [script.Observer]. It logs once what to do if the script expects an ArrayBuffer.
func (h *hostAPI) BlobByDefault() {
	h.app.blobsWarning.Do(func() {
		h.app.opts.Logger.Warn("a WebSocket got a binary message as a Blob, as in browsers: if the script expects an ArrayBuffer, set its binaryType to \"arraybuffer\"," +
			" or give the compatibility date of the project with --compatibility-date, before " + blobsSince + " for ArrayBuffers")
	})
}

// Listened implements [script.Observer]. It logs a warning if the event is never dispatched.
func (h *hostAPI) Listened(kind string, stack []script.Frame) {
	text := warningOf(kind)
	if text == "" || h.generation.countWarnings() >= maxWarnings {
		return
	}
	h.generation.warn(h.app, h.generation.problemIn(h.generation.origin(stack), text))
}

// Ignored implements [script.Observer].
func (h *hostAPI) Ignored(kind, name string, place script.Frame) {
	var text string
	switch {
	case kind == "class":
		text = fmt.Sprintf("nothing uses the exported class %s: no binding names it as the class of its Durable Objects", name)
	case isSocketHandler(name):
		text = fmt.Sprintf("nothing calls the exported %s: listen to websocketupgrade, websocketmessage and websocketclose", name)
	case kind == "export" && slices.Contains([]string{"fetch", "onRequest", "GET", "POST"}, name):
		text = fmt.Sprintf("nothing calls the exported %s: export default an object with a method fetch(request, env, ctx)", name)
	default:
		text = fmt.Sprintf("nothing calls the exported %s: Linger does not dispatch its events", name)
	}
	at := h.generation.origin([]script.Frame{place})
	if at.File == "" {
		at = Position{File: h.app.path}
	}
	h.generation.warn(h.app, h.generation.problemIn(at, text))
}
