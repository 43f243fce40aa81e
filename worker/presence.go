package worker

import (
	"hash/fnv"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/script"
)

// Listed implements [linger.Lister]: one node lists for another what it lists for its own scripts.
func (h handler) Listed(s *linger.Socket) bool { return h.app.assignments.isClient(s) }

// watchPresence passes changes of presence to the script, if the generation in use has a listener.
func (a *App) watchPresence(g *generation) {
	if g.listensTo("websocketpresence") {
		a.server.HandlePresence(a.presenceChanged)
	} else {
		a.server.HandlePresence(nil)
	}
}

// presenceChanged passes a change to the script, and returns when its listeners have. Those that follow for the same channel are gathered in
// the meantime. All changes of a channel are handled by the same worker, in order.
func (a *App) presenceChanged(p *linger.Presence) {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(p.Channel))                // never fails
	w := a.workers[hash.Sum32()%uint32(len(a.workers))] //nolint:gosec // there are few
	returned := make(chan struct{})
	e := newEvent("websocketpresence", nil)
	e.overlaps = true
	e.onComplete = func() { close(returned) }
	e.input = &script.PresenceChanged{Channel: p.Channel, Joined: scriptMembers(p.Joined), Left: scriptMembers(p.Left)}
	if !w.tasks.add(e) {
		return
	}
	select {
	case <-returned:
	case <-w.ended:
		e.end()
	}
}
