package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/netip"
)

// logFlags are the flags for the log and for the output of the application.
type logFlags struct {
	LogFormat string `default:"auto" enum:"auto,text,json" help:"Format of the log on standard error, and of the application's output: text; json, with an object on each line; or auto, which is text, but on a terminal shows errors of the application over several lines."`
	LogLevel  string `default:"info" enum:"debug,info,warn,error" reload:"live" help:"Minimum level of the log, and of the application's output: debug, info, warn or error. console.debug and console.log count as info."`
	AccessLog bool   `reload:"live" help:"Log every plain request, and every WebSocket connection when it has ended."`

	AccessLogHeader []fieldName `placeholder:"NAME" reload:"live" help:"Field of the request, such as User-Agent, that the lines of --access-log contain. May be repeated."`
}

// logs are the outputs of a server.
type logs struct {
	*slog.Logger                                     // the log of Linger itself, on standard error
	level        *slog.LevelVar                      // the minimum level of the log and of the application's output
	access       *slog.Logger                        // the access log, on standard error
	console      func(level slog.Level, text string) // prints the output of the application
}

// accessFor returns where requests are logged.
func (l logs) accessFor(f logFlags, trusted []netip.Prefix) accessLog {
	if !f.AccessLog {
		return accessLog{}
	}
	return accessLog{to: l.access, headers: toStrings(f.AccessLogHeader), trusted: trusted}
}

// open returns logs with the format and level of the flags. They write to the streams.
func (f logFlags) open(out *streams) logs {
	notice := textNotice
	if f.LogFormat == jsonFormat {
		notice = jsonNotice
	}
	out.out.setDropNotice(notice)
	out.err.setDropNotice(notice)
	level := new(slog.LevelVar)
	level.Set(levelOf(f.LogLevel))
	limited := newLimiter(f.handler(level, out))
	out.flushLog = limited.lines.Flush
	return logs{
		Logger: slog.New(limited), level: level,
		access: slog.New(f.handler(slog.LevelInfo, out)), console: f.console(level, out),
	}
}

const jsonFormat = "json"

// handler returns the handler that formats the log of Linger itself.
func (f logFlags) handler(level slog.Leveler, out *streams) slog.Handler {
	if f.LogFormat == "auto" && out.style.terminal {
		return terminalHandler{to: out.err, level: level, style: out.style}
	}
	return newHandler(f.LogFormat, level, out.err)
}

func newHandler(format string, level slog.Leveler, to io.Writer) slog.Handler {
	o := &slog.HandlerOptions{Level: level}
	if format == jsonFormat {
		return slog.NewJSONHandler(to, o)
	}
	return slog.NewTextHandler(to, o)
}

// levelOf returns the level with the name debug, info, warn or error.
func levelOf(name string) slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(name)) // fails only for other names
	return level
}

// console returns the function that prints the output of the application's console: of log, info and debug to standard
// output, of warn and error to standard error.
func (f logFlags) console(minLevel slog.Leveler, out *streams) func(slog.Level, string) {
	lines := func(to io.Writer) *slog.Logger {
		return slog.New(newHandler(jsonFormat, slog.LevelDebug, to)).With("source", "console")
	}
	toOut, toErr := lines(out.out), lines(out.err)
	return func(level slog.Level, text string) {
		to, log := out.out, toOut
		if level >= slog.LevelWarn {
			to, log = out.err, toErr
		}
		switch {
		case max(level, slog.LevelInfo) < minLevel.Level(): // console.debug counts as info
		case f.LogFormat == jsonFormat:
			log.Log(context.Background(), level, text)
		default:
			to.printf("%s\n", text)
		}
	}
}

// print writes a line to standard output, regardless of --log-level.
func (f logFlags) print(out *streams, text string) {
	if f.LogFormat == jsonFormat {
		slog.New(newHandler(jsonFormat, slog.LevelInfo, out.out)).Info(text)
		return
	}
	out.out.printf("%s\n", text)
}

// textNotice and jsonNotice return the line that replaces dropped lines.
func textNotice(lines int) []byte { return dropNotice("text", lines) }
func jsonNotice(lines int) []byte { return dropNotice(jsonFormat, lines) }

func dropNotice(format string, lines int) []byte {
	var line bytes.Buffer
	slog.New(newHandler(format, slog.LevelInfo, &line)).Warn("lines of this output were dropped here: the write failed or was too slow", "lines", lines)
	return line.Bytes()
}
