package worker

import (
	"slices"
	"time"

	"github.com/lingerws/linger/internal/pace"
	"github.com/lingerws/linger/protocol"
)

// closeLines closes the lines of an engine when another generation has taken its place,
// one after the other, with jitter, so that the clients do not all come back at once.
// The engine stays until the script has been told of the end of each.
func (in *instance) closeLines() {
	lines := in.openLines()
	if len(lines) == 0 {
		return
	}
	bound := in.app.opts.Server.ShutdownTimeout
	cut := time.AfterFunc(bound, in.cutLines)
	defer cut.Stop()
	pace.Each(in.gone, lines, bound/4, func(l *line) { l.wire.close(protocol.CloseServiceRestart, appRestart) })
	<-in.gone
}

// cutLines ends the lines that are left when their time is over.
func (in *instance) cutLines() {
	for _, l := range in.openLines() {
		l.cut.Store(true) // what still waits for the script would hold up its end
		l.wire.closeNow()
	}
}

func (in *instance) openLines() []*line {
	in.mu.Lock()
	defer in.mu.Unlock()
	lines := make([]*line, 0, len(in.lines))
	for _, l := range in.lines {
		lines = append(lines, l)
	}
	slices.SortFunc(lines, func(a, b *line) int { return a.number - b.number })
	return lines
}

// What the peers are told whose engine has ended.
const (
	appFailed  = "the application failed"
	appEnded   = "the application has ended"
	appRestart = "a new version of the application has been loaded"
)

// hangUp closes the lines of an engine that handles nothing any more, and lets those go on
// who wait to tell it something.
func (in *instance) hangUp() {
	code, reason := protocol.CloseInternalError, appFailed
	switch {
	case in.worker.halted():
		code, reason = protocol.CloseGoingAway, appEnded
	case closed(in.retired):
		code, reason = protocol.CloseServiceRestart, appRestart
	}
	for _, l := range in.openLines() {
		l.wire.close(code, reason)
	}
	in.mu.Lock()
	clear(in.lines)
	if !closed(in.gone) {
		close(in.gone)
	}
	in.mu.Unlock()
	in.own.close()
}
