package worker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lingerws/linger/internal/spelling"
)

// eventNames are the events that are dispatched to applications.
var eventNames = []string{
	"fetch", "scheduled", "websocketupgrade", "websocketmessage", "websocketpeerclose", "websocketdrain", "websocketpresence", "websocketclose", "install", "activate",
}

// otherEvents maps the events of other runtimes to those to use here instead, "" if there is none.
var otherEvents = map[string]string{
	"open":       "websocketupgrade",
	"connect":    "websocketupgrade",
	"connection": "websocketupgrade",
	"upgrade":    "websocketupgrade",
	"message":    "websocketmessage",
	"close":      "websocketclose",
	"disconnect": "websocketclose",
	"drain":      "websocketdrain",
	"request":    "fetch",
	"queue":      "",
	"email":      "",
	"tail":       "",
	"trace":      "",
	"alarm":      "",
	"push":       "",
	"sync":       "",
	"beforeexit": "",
	"unload":     "",
}

// warn logs a warning about the version, once.
func (g *generation) warn(a *App, p Problem) {
	p.Warning = true
	g.mu.Lock()
	known := slices.Contains(g.warnings, p)
	if !known {
		g.warnings = append(g.warnings, p)
	}
	g.mu.Unlock()
	if known {
		return
	}
	var attrs []any
	if at := (Position{File: p.File, Line: p.Line, Column: p.Column}); p.Line > 0 {
		attrs = append(attrs, "at", at.String())
	} else if p.File != "" {
		attrs = append(attrs, "at", p.File)
	}
	a.opts.Logger.Warn(p.Text, attrs...)
}

// Warnings returns the warnings about the version of the application that runs: listeners to events that are never
// dispatched, unused exports, and the like. Each of them was logged.
func (a *App) Warnings() []Problem {
	g := a.generation.Load()
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.warnings)
}

// maxWarnings bounds the warnings about one version, because a script may listen to any number of events.
const maxWarnings = 100

// warningOf returns the warning about a listener to a kind of event. It is "" for known events, and for those that the script
// may dispatch itself.
func warningOf(kind string) string {
	instead, foreign := otherEvents[strings.ToLower(kind)]
	near := nearestEvent(strings.ToLower(kind))
	switch {
	case foreign && instead != "":
		return fmt.Sprintf("nothing here dispatches the event %q: did you mean %q?", kind, instead)
	case foreign:
		return fmt.Sprintf("nothing here dispatches the event %q", kind)
	case near != "":
		return fmt.Sprintf("there is no event %q: did you mean %q?", kind, near)
	case strings.HasPrefix(strings.ToLower(kind), "websocket"):
		return fmt.Sprintf("there is no event %q: there are %s", kind, strings.Join(eventNames, ", "))
	}
	return ""
}

// nearestEvent returns the event that a misspelt name most likely stands for, or "". The prefix that nearly all events share is
// ignored.
func nearestEvent(wrong string) string {
	const prefix = "websocket"
	rest, ok := strings.CutPrefix(wrong, prefix)
	if !ok {
		return spelling.Nearest(wrong, eventNames)
	}
	var rests []string
	for _, name := range eventNames {
		if last, ok := strings.CutPrefix(name, prefix); ok {
			rests = append(rests, last)
		}
	}
	if near := spelling.Nearest(rest, rests); near != "" {
		return prefix + near
	}
	return ""
}

// isSocketHandler reports whether the name of an export is that of a WebSocket handler in other runtimes.
func isSocketHandler(name string) bool {
	return name == "websocket" || strings.HasPrefix(name, "webSocket") || slices.Contains([]string{"upgrade", "open", "message", "close"}, name)
}

// problemIn returns a problem at a position in the sources.
func (g *generation) problemIn(at Position, text string) Problem {
	return Problem{File: at.File, Line: at.Line, Column: at.Column, Text: text, Source: g.bundle.Sources.Line(at.File, at.Line)}
}

// countWarnings returns the number of warnings that were logged.
func (g *generation) countWarnings() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.warnings)
}

// checkListeners logs a warning if a version cannot answer requests, or lacks a listener that the last version had. It returns an
// error for a version without listeners if the last one had some: its file may have been written only in part.
func (a *App) checkListeners(g, last *generation) error {
	if last != nil && len(last.listenedEvents) > 0 && len(g.listenedEvents) == 0 {
		return &LoadError{Problems: []Problem{{File: a.path, Text: "listens to nothing, and the last version listened to " + strings.Join(last.listenedEvents, ", ") +
			": restart the application if that is intended"}}}
	}
	accepts := g.listensTo("fetch") || g.listensTo("websocketupgrade")
	switch {
	case len(g.listenedEvents) == 0:
		g.warn(a, Problem{File: a.path, Text: "nothing listens: neither a listener to fetch or websocketupgrade nor a default export answers requests"})
	case !accepts:
		g.warn(a, Problem{File: a.path, Text: "no connection can be accepted: nothing listens to websocketupgrade or fetch"})
	}
	switch scheduled := g.listensTo("scheduled"); {
	case scheduled && len(g.crons.texts) == 0:
		g.warn(a, Problem{File: a.path, Text: "nothing dispatches scheduled: there are no crons, which the wrangler file has as crons of [triggers]"})
	case !scheduled && len(g.crons.texts) > 0:
		g.warn(a, Problem{File: a.path, Text: "the crons have no effect: nothing listens to scheduled, and the default export has no method scheduled(controller, env, ctx)"})
	}
	if last == nil {
		return nil
	}
	for _, kind := range last.listenedEvents {
		if count := a.server.Count(); !g.listensTo(kind) && count > 0 {
			g.warn(a, Problem{File: a.path, Text: fmt.Sprintf("nothing listens to %s any more, and connections of the last version are open", kind)})
		}
	}
	return nil
}

// listensTo reports whether the script has a listener to a kind of event.
func (g *generation) listensTo(kind string) bool { return slices.Contains(g.listenedEvents, kind) }
