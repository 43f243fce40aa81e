package linger_test

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/lingerws/linger"
)

func TestIDs(t *testing.T) {
	for name, c := range map[string]struct {
		node, want string
		logged     bool
	}{
		"named":          {"node7", `^node7\.[A-Za-z0-9_-]{22}$`, false},
		"not named":      {"", `^[0-9a-f]{8}\.[A-Za-z0-9_-]{22}$`, false},
		"longest":        {strings.Repeat("n", 32), `^n{32}\.[A-Za-z0-9_-]{22}$`, false},
		"too long":       {strings.Repeat("n", 33), `^[0-9a-f]{8}\.[A-Za-z0-9_-]{22}$`, true},
		"not for a URL":  {"a/b", `^[0-9a-f]{8}\.[A-Za-z0-9_-]{22}$`, true},
		"ends too early": {"a.b", `^[0-9a-f]{8}\.[A-Za-z0-9_-]{22}$`, true},
		"beyond ASCII":   {"é", `^[0-9a-f]{8}\.[A-Za-z0-9_-]{22}$`, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var log bytes.Buffer
				sockets := make(chan *linger.Socket, 50)
				s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets)},
					linger.Options{Node: c.node, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				seen := map[string]bool{}
				for range 50 {
					s.connect()
					id := (<-sockets).ID()
					if seen[id] || !regexp.MustCompile(c.want).MatchString(id) {
						t.Fatalf("an id is unique, URL-safe, and begins with its node: %s; got %s", c.want, id)
					}
					seen[id] = true
				}
				if logged := log.Len() > 0; logged != c.logged {
					t.Errorf("a wrong name is logged, a good one not; the log is %q", log.String())
				}
			})
		})
	}
}

func TestNodesWithoutNameDiffer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 2)
		for range 2 {
			serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets)}, linger.Options{}).connect()
		}
		one, _, _ := strings.Cut((<-sockets).ID(), ".")
		two, _, _ := strings.Cut((<-sockets).ID(), ".")
		if one == two {
			t.Errorf("two servers have two names; both are %s", one)
		}
	})
}
