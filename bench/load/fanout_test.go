//go:build linux

package load

import (
	"testing"

	"github.com/lingerws/linger"
)

func TestRunFanout(t *testing.T) {
	to := lingerServer(t, linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{Channels: []string{"all"}}) },
		OnMessage: func(m *linger.Message) { _, _ = m.Server.Publish("all", m.Payload) },
	})
	const members = 20
	if s := run(t, to, short(Work{Kind: Fanout, Conns: members})); s.Units < members {
		t.Errorf("a message to %d connections must count as that many deliveries, got %d", members, s.Units)
	}
}
