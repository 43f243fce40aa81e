package worker

import (
	"io"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/web"
)

// webOptions connect the globals of the web platform to what surrounds them here.
func (in *instance) webOptions() web.Options {
	return web.Options{
		Console:    in.console,
		SetTimer:   in.timers.set,
		ClearTimer: in.timers.clear,
		Publish:    in.publish,
	}
}

// console prints plain text; places in it are those of the sources.
func (in *instance) console(level web.Level, text string) {
	out := in.app.opts.Stdout
	switch level {
	case web.Warn, web.Error:
		out = in.app.opts.Stderr
	case web.Debug, web.Log, web.Info:
	}
	_, _ = io.WriteString(out, in.app.bundle.sources.trace(text)+"\n")
}

// publish sends what was posted to a BroadcastChannel to the connections that are
// subscribed to it. They understand text and bytes; other values reach the other
// BroadcastChannel objects only.
func (in *instance) publish(channel string, m web.Message) {
	var err error
	switch m.Kind {
	case web.TextMessage:
		_, err = in.app.server.Publish(channel, linger.Text(m.Text))
	case web.BytesMessage:
		_, err = in.app.server.Publish(channel, linger.Binary(m.Bytes))
	case web.CloneMessage:
		in.app.opts.Logger.Warn("a value that is neither text nor bytes was posted: connections do not get it", "channel", channel)
	}
	if err != nil {
		in.app.opts.Logger.Error("message not published", "channel", channel, "error", err)
	}
}
