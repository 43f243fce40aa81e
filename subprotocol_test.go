package linger_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
)

func TestTheServerChoosesTheSubprotocol(t *testing.T) {
	for name, c := range map[string]struct{ offer, named, want string }{
		"the server's order counts":   {"v1.chat, v2.chat", "", "v2.chat"},
		"none in common":              {"v9.chat", "", ""},
		"none offered":                {"", "", ""},
		"the handler names another":   {"v2.chat, other", "other", "other"},
		"names are told by case":      {"V2.chat, v1.chat", "", "v1.chat"},
		"what is no name is left out": {"two", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var logged bytes.Buffer
				sockets := make(chan *linger.Socket, 1)
				s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Subprotocol: c.named}, sockets)}, linger.Options{
					Subprotocols: []string{"two words", "v2.chat", "v1.chat"},
					Logger:       slog.New(slog.NewTextHandler(&logged, nil)),
				})
				var lines []string
				if c.offer != "" {
					lines = append(lines, "Sec-WebSocket-Protocol: "+c.offer)
				}
				answer := s.connect(lines...).response.Header
				if got := strings.Join(answer.Values("Sec-Websocket-Protocol"), "|"); got != c.want {
					t.Errorf("of %q the 101 agrees to %q; got %q", c.offer, c.want, got)
				}
				if got := (<-sockets).Subprotocol(); got != c.want {
					t.Errorf("the socket knows it, %q; got %q", c.want, got)
				}
				if !strings.Contains(logged.String(), "two words") {
					t.Errorf("a name that is no token is logged; the log is %q", logged.String())
				}
			})
		})
	}
}

func TestNegativeBoundsAtTheDoorAreNone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			if _, limited := u.Request.Context().Deadline(); limited {
				t.Error("without a bound the handler's context has no deadline")
			}
			time.Sleep(time.Hour)
			_, _ = u.Accept(linger.AcceptOptions{})
		}}, linger.Options{MaxConnections: -1, MaxPerAddress: -1, UpgradeRate: -1, UpgradeTimeout: -1, IdleTimeout: -1, MaxLifetime: -1})
		for range 3 {
			if r := s.client().request(); r.StatusCode != http.StatusSwitchingProtocols {
				t.Errorf("a negative bound is none; got %s", r.Status)
			}
		}
	})
}
