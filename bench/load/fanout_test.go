//go:build linux

package load

import (
	"testing"

	"github.com/lingerws/linger"
)

func TestFanoutCountsDeliveries(t *testing.T) {
	to := ours(t, linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{Channels: []string{"all"}}) },
		OnMessage: func(m *linger.Message) { _, _ = m.Server.Publish("all", m.Payload) },
	})
	const members = 20
	if s := run(t, to, short(Work{Kind: Fanout, Conns: members})); s.Units < members {
		t.Errorf("a message to %d connections is as many deliveries, counted %d", members, s.Units)
	}
}
