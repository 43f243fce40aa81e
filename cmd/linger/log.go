package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
)

// logFlags say what is logged, and how.
type logFlags struct {
	LogFormat string `default:"auto" enum:"auto,text,json" help:"Format of the log on standard error, and of what the application prints: text, json, with an object on each line, or auto: text, and on a terminal errors of the application over several lines."`
	LogLevel  string `default:"info" enum:"debug,info,warn,error" help:"Least level of lines in the log, and of what the application prints: debug, info, warn or error. console.debug and console.log count as info."`
	AccessLog bool   `help:"Log every plain request, and every WebSocket connection when it has ended."`
}

// logs are where a server writes to.
type logs struct {
	*slog.Logger              // Linger's own log, on standard error
	access       *slog.Logger // on standard error too; nil if it is off
	console      func(level slog.Level, text string)
}

// open returns the logs that the flags ask for. They write to the streams.
func (f logFlags) open(out *streams) logs {
	announce := textNotice
	if f.LogFormat == jsonFormat {
		announce = jsonNotice
	}
	out.out.announce(announce)
	out.err.announce(announce)
	limited := newLimiter(f.handler(f.level(), out))
	out.last = limited.sumUp
	l := logs{Logger: slog.New(limited), console: f.console(out)}
	if f.AccessLog {
		l.access = slog.New(f.handler(slog.LevelInfo, out))
	}
	return l
}

const jsonFormat = "json"

// handler returns what writes the lines of Linger's own log.
func (f logFlags) handler(level slog.Level, out *streams) slog.Handler {
	if f.LogFormat == "auto" && out.look.terminal {
		return terminalHandler{to: out.err, level: level, look: out.look}
	}
	return newHandler(f.LogFormat, level, out.err)
}

func newHandler(format string, level slog.Level, to io.Writer) slog.Handler {
	o := &slog.HandlerOptions{Level: level}
	if format == jsonFormat {
		return slog.NewJSONHandler(to, o)
	}
	return slog.NewTextHandler(to, o)
}

func (f logFlags) level() slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(f.LogLevel)) // kong has checked it
	return level
}

// console returns the function that prints what the application does: log, info and debug
// to standard output, warn and error to standard error.
func (f logFlags) console(out *streams) func(slog.Level, string) {
	least := f.level()
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
		case max(level, slog.LevelInfo) < least:
		case f.LogFormat == jsonFormat:
			log.Log(context.Background(), level, text)
		default:
			to.printf("%s\n", text)
		}
	}
}

// print writes a line to standard output, whatever the level.
func (f logFlags) print(out *streams, text string) {
	if f.LogFormat == jsonFormat {
		slog.New(newHandler(jsonFormat, slog.LevelInfo, out.out)).Info(text)
		return
	}
	out.out.printf("%s\n", text)
}

// textNotice and jsonNotice return the line in place of lines that were dropped.
func textNotice(lines int) []byte { return notice("text", lines) }
func jsonNotice(lines int) []byte { return notice(jsonFormat, lines) }

func notice(format string, lines int) []byte {
	var line bytes.Buffer
	slog.New(newHandler(format, slog.LevelInfo, &line)).Warn("lines of this output were dropped here: they could not be written, or not in time", "lines", lines)
	return line.Bytes()
}
