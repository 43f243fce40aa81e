package worker

import (
	"io"
	"log/slog"
	"strings"

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
		Listen:     in.listen,
		MaxBody:    in.app.opts.MaxBody,
	}
}

// console prints plain text; places in it are those of the sources.
func (in *instance) console(level web.Level, text string) {
	text = in.generation.bundle.Sources.Trace(text)
	if in.app.opts.Console != nil {
		in.app.opts.Console(slogLevels[level], text)
		return
	}
	out := in.app.opts.Stdout
	switch level {
	case web.Warn, web.Error:
		out = in.app.opts.Stderr
	case web.Debug, web.Log, web.Info:
	}
	_, _ = io.WriteString(out, text+"\n")
}

// slogLevels are the levels of the console's methods.
var slogLevels = map[web.Level]slog.Level{
	web.Debug: slog.LevelDebug,
	web.Log:   slog.LevelInfo,
	web.Info:  slog.LevelInfo,
	web.Warn:  slog.LevelWarn,
	web.Error: slog.LevelError,
}

// publish sends what was posted to a BroadcastChannel to the connections that are
// subscribed to it, and to those who listen in other engines. Connections get what JSON
// can carry as JSON text; other values reach the other BroadcastChannel objects only.
func (in *instance) publish(channel string, m web.Message) {
	err := in.act(len(m.Text)+len(m.Bytes), func() { in.post(channel, m) })
	if err != nil {
		in.reportFailure(nil, err)
	}
}

func (in *instance) post(channel string, m web.Message) {
	in.spread(post{channel, m})
	payload, ok := payloadOf(m)
	if !ok {
		in.app.opts.Logger.Warn("a value that JSON cannot carry was posted: connections do not get it", "channel", channel)
		return
	}
	in.publishLate(channel, payload, nil)
}

// payloadOf gives a message as connections get it.
func payloadOf(m web.Message) (p linger.Payload, ok bool) {
	switch m.Kind {
	case web.TextMessage:
		return linger.Text(m.Text), true
	case web.BytesMessage:
		return linger.Binary(m.Bytes), true
	case web.CloneMessage:
		text, ok := strings.CutPrefix(m.Text, plainJSON)
		return linger.Text(text), ok
	}
	return linger.Payload{}, false
}

// plainJSON is what the serialized form of a value begins with that is its JSON text.
const plainJSON = "J"
