package worker

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/internal/wire"
)

// Each time of a schedule is claimed in the store of the cluster, by the first node whose clock shows it. The entry of a schedule, "cron/HASH", has the last time that
// was claimed, so a time that another node has claimed, or that is before it, is left out.

// The fields of the entry of a schedule.
const (
	claimTime  = 1 // in milliseconds since 1970
	claimNode  = 2
	claimNonce = 3 // by which a node recognises its own claim if the result was lost
)

// A claim is repeated after claimPause while the store does not answer, for claimLimit at most. Then the time is left out.
const (
	claimPause = 500 * time.Millisecond
	claimLimit = 30 * time.Second
)

// claimAhead bounds how far the clock of the node that has claimed a time may be ahead of this one. A claim beyond that is ignored, so that a clock
// that was wrong once does not stop a schedule.
const claimAhead = 10 * time.Minute

func cronKey(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "cron/" + hex.EncodeToString(sum[:16])
}

// mayRun reports whether this node dispatches the event of a schedule at a time. Alone, a node always does.
func (a *App) mayRun(text string, at time.Time) bool {
	if a.opts.Shared == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), claimLimit)
	defer cancel()
	nonce := rand.Text()
	for {
		won, err := a.claim(ctx, text, at, nonce)
		switch {
		case err == nil:
			return won
		case errors.Is(err, lease.ErrConflict): // the next attempt finds the claim of the other node
			continue
		}
		select {
		case <-time.After(claimPause):
		case <-a.clocks.stopping:
			return false
		case <-ctx.Done():
			a.opts.Logger.Error("scheduled event left out: the store of the cluster does not answer, so another node may have dispatched it", "cron", text, "time", at, "error", err)
			return false
		}
	}
}

// claim tries once to claim a time of a schedule. The error is that of the store.
func (a *App) claim(ctx context.Context, text string, at time.Time, nonce string) (won bool, err error) {
	store, key := a.opts.Shared.Store, cronKey(text)
	ctx, cancel := context.WithTimeout(ctx, claimLimit/6)
	defer cancel()
	value := wire.AppendInt(nil, claimTime, at.UnixMilli())
	value = wire.AppendString(value, claimNode, a.server.Cluster().Node())
	value = wire.AppendString(value, claimNonce, nonce)
	e, err := store.Get(ctx, key)
	switch {
	case errors.Is(err, lease.ErrNotFound):
		_, err = store.Create(ctx, key, value)
	case err == nil:
		claimed, by := readClaim(e.Value)
		if by == nonce || !claimed.Before(at) && time.Until(claimed) < claimAhead {
			return by == nonce, nil
		}
		_, err = store.Update(ctx, key, value, e.Revision)
	}
	return err == nil, err
}

// readClaim returns the last time of a schedule that was claimed, and its nonce. A malformed entry has the zero time, so that the next claim replaces it.
func readClaim(value []byte) (at time.Time, nonce string) {
	r := wire.NewReader(value)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case claimTime:
			at = time.UnixMilli(r.Int())
		case claimNonce:
			nonce = r.String()
		}
	}
	if r.Err() != nil {
		return time.Time{}, ""
	}
	return at, nonce
}
