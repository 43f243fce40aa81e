package admin

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
)

// status returns the status of the server.
func (h *Handler) status() Status {
	s := Status{
		Version: h.opts.Version, Runtime: h.opts.Runtime, App: h.opts.App,
		PID: os.Getpid(), Started: h.opts.Recorder.started, State: "ready",
		Reasons: []string{}, Connections: h.state.Count(), Drain: h.drain(),
	}
	if h.opts.Server != nil {
		s.Node = h.opts.Server.Node()
	}
	workers := h.workers()
	for _, w := range workers {
		s.Generation = max(s.Generation, w.Generation)
	}
	if reason := backingOff(workers); reason != "" {
		s.State, s.Reasons = "unready", append(s.Reasons, reason)
	}
	if !h.state.Ready() {
		s.State, s.Reasons = "draining", append(s.Reasons, "the server is draining or shutting down: it accepts no new connections")
	}
	return s
}

// backingOff returns why no worker accepts requests, or "" if one does.
func backingOff(workers []Worker) string {
	reason := ""
	for _, w := range workers {
		if w.State != "backing off" {
			return ""
		}
		reason = fmt.Sprintf("the application has failed repeatedly, and all workers back off: %s", w.Reason)
	}
	return reason
}

func (h *Handler) getStatus(*http.Request) (any, error) { return h.status(), nil }

// livez answers as long as the process serves requests.
func (h *Handler) livez(*http.Request) (any, error) {
	return struct {
		State string `json:"state"`
	}{"live"}, nil
}

// readiness is the answer of /readyz.
type readiness struct {
	State   string   `json:"state"`
	Reasons []string `json:"reasons"`
}

func (r readiness) statusCode() int {
	if len(r.Reasons) > 0 {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// readyz answers with 200 if the server accepts new connections, and otherwise with 503 and the reasons.
func (h *Handler) readyz(*http.Request) (any, error) {
	s := h.status()
	return readiness{s.State, s.Reasons}, nil
}

// workers returns the status of the workers.
func (h *Handler) workers() []Worker {
	if h.opts.Workers == nil {
		return []Worker{}
	}
	return h.opts.Workers()
}

func (h *Handler) listWorkers(*http.Request) (any, error) {
	return struct {
		Workers []Worker `json:"workers"`
	}{h.workers()}, nil
}

// listFailures returns the last failures of the application.
func (h *Handler) listFailures(r *http.Request) (any, error) {
	n, err := limitOf(r, maxFailures)
	if err != nil {
		return nil, err
	}
	return struct {
		Failures []Entry `json:"failures"`
	}{h.opts.Recorder.failures.newest(n)}, nil
}

// listTimeline returns the last entries of the timeline.
func (h *Handler) listTimeline(r *http.Request) (any, error) {
	n, err := limitOf(r, maxTimeline)
	if err != nil {
		return nil, err
	}
	return struct {
		Timeline []Entry `json:"timeline"`
	}{h.opts.Recorder.timeline.newest(n)}, nil
}

// limitOf returns the parameter limit of a request that has no others.
func limitOf(r *http.Request, most int) (int, error) {
	query, err := parameters(r, "limit")
	if err != nil {
		return 0, err
	}
	return numberParameter(query, "limit", min(defaultLimit, most), 1, most)
}

// ChannelList is a page of the channels that have subscribers.
type ChannelList struct {
	Channels []Channel `json:"channels"`
	Total    int       `json:"total"`
	Next     string    `json:"next"` // the cursor of the next page; "" at the end
}

// listChannels returns a page of the channels, by name.
func (h *Handler) listChannels(r *http.Request) (any, error) {
	query, err := parameters(r, "limit", "cursor", "channel")
	if err != nil {
		return nil, err
	}
	limit, err := numberParameter(query, "limit", defaultLimit, 1, maxLimit)
	if err != nil {
		return nil, err
	}
	after, err := base64.RawURLEncoding.DecodeString(query.Get("cursor"))
	if err != nil {
		return nil, badRequest("bad_cursor", "cursor=%q is not a cursor: give next of the last page", query.Get("cursor"))
	}
	subscribers := h.opts.Server.Channels()
	names := slices.Collect(maps.Keys(subscribers))
	names = slices.DeleteFunc(names, func(name string) bool {
		return name <= string(after) || !matches(query.Get("channel"), name)
	})
	slices.Sort(names)
	list := ChannelList{Channels: []Channel{}, Total: len(subscribers)}
	if len(names) > limit {
		names = names[:limit]
		list.Next = base64.RawURLEncoding.EncodeToString([]byte(names[limit-1]))
	}
	for _, name := range names {
		list.Channels = append(list.Channels, Channel{name, subscribers[name]})
	}
	return list, nil
}

// largestChannels returns the n channels with the most subscribers.
func largestChannels(subscribers map[string]int, n int) []Channel {
	list := make([]Channel, 0, n+1)
	compare := func(a, b Channel) int {
		return cmp.Or(cmp.Compare(b.Subscribers, a.Subscribers), cmp.Compare(a.Channel, b.Channel))
	}
	for name, subscribers := range subscribers {
		c := Channel{name, subscribers}
		i, _ := slices.BinarySearchFunc(list, c, compare)
		list = slices.Insert(list, i, c)
		list = list[:min(n, len(list))]
	}
	return list
}

// publish publishes the body of a request on a channel.
func (h *Handler) publish(r *http.Request) (any, error) {
	payload, err := payloadOf(r)
	if err != nil {
		return nil, err
	}
	receivers, err := h.opts.Server.Publish(r.PathValue("channel"), payload)
	if err != nil {
		return nil, badRequest("bad_channel", "%v", err)
	}
	return struct {
		Receivers int `json:"receivers"`
	}{receivers}, nil
}

// logLevel is the level of the log, in JSON.
type logLevel struct {
	Level string `json:"level"`
}

func (h *Handler) getLog(*http.Request) (any, error) {
	if h.opts.LogLevel == nil {
		return nil, notAvailable("the level of the log")
	}
	return logLevel{strings.ToLower(h.opts.LogLevel.Level().String())}, nil
}

// putLog changes the level of the log.
func (h *Handler) putLog(r *http.Request) (any, error) {
	if h.opts.LogLevel == nil {
		return nil, notAvailable("the level of the log")
	}
	var want logLevel
	if err := readJSON(r, &want); err != nil {
		return nil, err
	}
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[want.Level]
	if !ok {
		return nil, badRequest("bad_level", "level %q: expected debug, info, warn or error", want.Level)
	}
	h.opts.LogLevel.Set(level)
	h.opts.Logger.Info("log level changed", "level", want.Level)
	return want, nil
}

// reload reads the configuration and the application again.
func (h *Handler) reload(r *http.Request) (any, error) {
	if h.opts.Reload == nil {
		return nil, notAvailable("reload")
	}
	report, err := h.opts.Reload(r.Context())
	if err != nil {
		return nil, &apiError{http.StatusUnprocessableEntity, "reload_failed", err.Error()}
	}
	if report == nil {
		return done{}, nil
	}
	return report, nil
}
