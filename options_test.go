package linger_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/lingerws/linger"
)

func TestOrigins(t *testing.T) {
	patterns := func(list ...string) linger.Options {
		policy, err := linger.Origins(list...)
		if err != nil {
			t.Fatal(err)
		}
		return linger.Options{Origins: policy}
	}
	for name, c := range map[string]struct {
		opts    linger.Options
		origin  string
		refused bool
	}{
		"no origin":             {linger.Options{}, "", false},
		"same host":             {linger.Options{}, "http://linger.test", false},
		"another host":          {linger.Options{}, "http://evil.test", true},
		"fits a pattern":        {patterns("https://*.example.com"), "https://a.example.com", false},
		"fits no pattern":       {patterns("https://*.example.com"), "https://evil.test", true},
		"same host in addition": {patterns("https://*.example.com"), "http://linger.test", false},
		"any":                   {patterns("*"), "http://evil.test", false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				asked := false
				s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
					asked = true
					_, _ = u.Accept(linger.AcceptOptions{})
				}}, c.opts)
				var lines []string
				if c.origin != "" {
					lines = append(lines, "Origin: "+c.origin)
				}
				want := http.StatusSwitchingProtocols
				if c.refused {
					want = http.StatusForbidden
				}
				if r := s.client().request(lines...); r.StatusCode != want || asked == c.refused {
					t.Errorf("a page of %q gets %d, before the handler if refused; got %s", c.origin, want, r.Status)
				}
			})
		})
	}
	if _, err := linger.Origins("http://*bad pattern*/"); err == nil {
		t.Error("a pattern that cannot fit is refused; it was not")
	}
}

func TestOptionsMaxMessage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var opts linger.Options
		opts.MaxMessage = 10
		s := serve(t, linger.HandlerFuncs{OnMessage: echo}, opts)
		c := s.connect()
		c.text(text(10))
		c.want("text " + text(10))
		c.text(text(11))
		c.want("close 1009 message too big", "EOF")
	})
}

func TestOptionsNegativeBounds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"a"}}, nil), OnMessage: echo},
			linger.Options{SendQueue: -1, EventQueueMessages: -1, EventQueueBytes: -1, MaxChannels: -1, ShutdownTimeout: -1})
		c := s.connect()
		c.text("hello")
		c.want("text hello")
		go c.answerClose()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Errorf("a negative bound is the default; the shutdown got %v", err)
		}
	})
}

func TestOptionsWithDefaultsTwice(t *testing.T) {
	once := linger.Options{}.WithDefaults()
	if once.SendQueue <= 0 || once.ShutdownTimeout <= 0 || once.Node == "" || once.Logger == nil {
		t.Errorf("each default is resolved; got %+v", once)
	}
	if twice := once.WithDefaults(); twice.Node != once.Node || twice.SendQueue != once.SendQueue || twice.MaxMemory != once.MaxMemory {
		t.Errorf("a second call changes nothing; got %+v, then %+v", once, twice)
	}
}

func TestErrEarlyFull(t *testing.T) {
	if !errors.Is(linger.ErrEarlyFull, linger.ErrQueueFull) || errors.Is(linger.ErrQueueFull, linger.ErrEarlyFull) {
		t.Error("it is one kind of a full queue, and a queue that is full later is another")
	}
	if text := linger.ErrEarlyFull.Error(); strings.Contains(text, "fast enough") || !strings.Contains(text, "Options.SendQueue") {
		t.Errorf("it does not blame the peer, and names the option; got %q", text)
	}
}

func TestPayload(t *testing.T) {
	if p := linger.Text("hé"); p.Binary || p.String() != "hé" || len(p.Data) != 3 {
		t.Errorf("text is UTF-8; got %v", p)
	}
	if p := linger.Binary([]byte{0xff}); !p.Binary || p.String() != "\xff" {
		t.Errorf("binary is any bytes; got %v", p)
	}
}

func TestSocketID(t *testing.T) {
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

func TestSocketIDOfUnnamedNodes(t *testing.T) {
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

func TestPolicyString(t *testing.T) {
	for policy, want := range []string{"close", "drop", "block", "?"} {
		if got := linger.Policy(policy).String(); got != want {
			t.Errorf("Policy(%d).String() must be %q; got %q", policy, got, want)
		}
	}
}
