package admin

import (
	"context"
	"log/slog"
	"net/http"
	"sync"

	"github.com/lingerws/linger"
)

// adminProtocol is the subprotocol of the WebSockets. Clients need not offer it.
const adminProtocol = "linger.admin"

// maxFeeds bounds the WebSockets of a handler.
const maxFeeds = 64

// feeds serves the WebSockets /v1/live and /v1/tail.
type feeds struct {
	*linger.Server
	handler *Handler

	mu     sync.Mutex
	leaves map[*linger.Socket]func() // what is called when a reader has gone
}

func newFeeds(h *Handler) *feeds {
	f := &feeds{handler: h, leaves: map[*linger.Socket]func(){}}
	opts := linger.Options{
		MaxConnections: maxFeeds,
		Subprotocols:   []string{adminProtocol},
		Policy:         linger.PolicyDrop,
		Logger:         slog.New(warnings{h.opts.Logger.Handler()}), // readers come and go, many without a closing handshake
	}
	opts.MaxMessage = 4 << 10 // readers have nothing to send
	f.Server = linger.NewServer(linger.HandlerFuncs{OnUpgrade: f.upgrade, OnClose: f.closed}, opts)
	return f
}

// warnings is a handler of a log that leaves out what is below a warning.
type warnings struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// upgrade accepts a reader, or answers with an error.
func (f *feeds) upgrade(u *linger.Upgrade) {
	join := f.joinTail
	if u.Request.URL.Path == "/v1/live" {
		join = f.joinLive
	}
	if err := join(u); err != nil {
		failed := endpoint(func(*http.Request) (any, error) { return nil, err })
		_ = u.Respond(failed.ServeHTTP) // fails if the upgrade was answered, by a timeout
	}
}

// accept accepts a reader. leave is called when it has gone.
func (f *feeds) accept(u *linger.Upgrade, leave func()) (*linger.Socket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reader, err := u.Accept(linger.AcceptOptions{})
	if err == nil {
		f.leaves[reader] = leave
	}
	return reader, err
}

func (f *feeds) closed(c *linger.Close) {
	f.mu.Lock()
	leave := f.leaves[c.Socket]
	delete(f.leaves, c.Socket)
	f.mu.Unlock()
	leave()
}

// joinTail accepts a reader of events.
func (f *feeds) joinTail(u *linger.Upgrade) error {
	query, err := parameters(u.Request, tailParameters...)
	if err != nil {
		return err
	}
	t, err := newTail(query)
	if err != nil {
		return err
	}
	tails := &f.handler.opts.Recorder.tails
	if !tails.add(t) {
		return &apiError{http.StatusServiceUnavailable, "too_many_readers", "too many readers of events: close one"}
	}
	reader, err := f.accept(u, func() { tails.remove(t); close(t.done) })
	if err != nil {
		tails.remove(t)
		return err
	}
	go t.run(reader)
	return nil
}

// joinLive accepts a reader of snapshots.
func (f *feeds) joinLive(u *linger.Upgrade) error {
	if _, err := parameters(u.Request); err != nil {
		return err
	}
	live := f.handler.live
	live.join()
	reader, err := f.accept(u, live.leave)
	if err != nil {
		live.leave()
		return err
	}
	live.begin(reader)
	return nil
}
