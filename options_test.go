package linger_test

import (
	"net/http"
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
		"same host beside them": {patterns("https://*.example.com"), "http://linger.test", false},
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

func TestMaxMessage(t *testing.T) {
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

func TestNegativeBoundsCountAsNone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"a"}}, nil), OnMessage: echo},
			linger.Options{SendQueue: -1, MailboxMessages: -1, MailboxBytes: -1, MaxChannels: -1, ShutdownTimeout: -1})
		c := s.connect()
		c.text("hello")
		c.want("text hello")
		go c.obey()
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
