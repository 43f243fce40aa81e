package linger_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
)

// refused asks for a connection that is not given.
func (s *service) refused(status int, retryAfter string, lines ...string) {
	s.t.Helper()
	response := s.client().request(lines...)
	if got := response.Header.Get("Retry-After"); response.StatusCode != status || got != retryAfter {
		s.t.Errorf("the request gets %d and is told to come back after %s s; got %s, %q", status, retryAfter, response.Status, got)
	}
}

func TestMaxConnections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{MaxConnections: 2})
		first := s.connect()
		s.connect()
		s.refused(http.StatusServiceUnavailable, "10")
		first.leave()
		s.end()
		synctest.Wait()
		s.connect()
		s.refused(http.StatusServiceUnavailable, "10")
	})
}

// Those who are being answered count, or a crowd could come in at once.
func TestUpgradesUnderWayCount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			time.Sleep(time.Second)
			_ = u.Respond(http.NotFound)
		}}, linger.Options{MaxConnections: 1})
		s.client().ask()
		synctest.Wait()
		s.refused(http.StatusServiceUnavailable, "10")
		time.Sleep(2 * time.Second)
		s.refused(http.StatusNotFound, "") // there is room for somebody to be declined
	})
}

func TestMaxPerAddress(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{MaxPerAddress: 1, TrustedProxies: prefixes("0.0.0.0/0", "::/0")})
		const ann, ben = "X-Forwarded-For: 203.0.113.1", "X-Forwarded-For: 203.0.113.2"
		first := s.connect(ann)
		s.refused(http.StatusTooManyRequests, "10", ann)
		s.connect(ben)
		first.leave()
		s.end()
		synctest.Wait()
		s.connect(ann)
		s.connect("X-Forwarded-For: 2001:db8:1:1::1")
		s.refused(http.StatusTooManyRequests, "10", "X-Forwarded-For: 2001:db8:1:1:ffff::2")
		s.connect("X-Forwarded-For: 2001:db8:1:2::1")
	})
}

func TestUpgradeRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{UpgradeRate: 3})
		for range 3 {
			s.connect()
		}
		s.refused(http.StatusServiceUnavailable, "1")
		time.Sleep(334 * time.Millisecond)
		s.connect()
		s.refused(http.StatusServiceUnavailable, "1")
	})
}

// Whatever keeps a request from becoming a connection, nothing of it stays.
func TestAnUpgradeThatFailsLeavesNothing(t *testing.T) {
	type upgrade = func(*linger.Upgrade)
	accepted := func(then func()) upgrade {
		return func(u *linger.Upgrade) {
			_, _ = u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
			then()
		}
	}
	for name, c := range map[string]struct {
		upgrade upgrade
		client  func(c *client)
		status  int // 0: nobody is there to read it
		ends    int
	}{
		"declined":                 {func(u *linger.Upgrade) { _ = u.Respond(http.NotFound) }, nil, 404, 0},
		"not answered":             {func(*linger.Upgrade) {}, nil, 500, 0},
		"panics":                   {func(*linger.Upgrade) { panic("no") }, nil, 500, 0},
		"panics behind Accept":     {accepted(func() { panic("no") }), nil, 500, 1},
		"fails behind Accept":      {func(u *linger.Upgrade) { accepted(func() {})(u); u.Fail(418, "no") }, nil, 418, 1},
		"fails":                    {func(u *linger.Upgrade) { u.Fail(418, "no") }, nil, 418, 0},
		"is late":                  {func(*linger.Upgrade) { time.Sleep(time.Minute) }, nil, 504, 0},
		"is late behind Accept":    {accepted(func() { time.Sleep(time.Minute) }), nil, 504, 1},
		"listens to its context":   {func(u *linger.Upgrade) { <-u.Request.Context().Done() }, nil, 504, 0},
		"client leaves":            {func(u *linger.Upgrade) { <-u.Request.Context().Done() }, func(c *client) { _ = c.nc.Close() }, 0, 0},
		"client leaves, accepted":  {func(u *linger.Upgrade) { <-u.Request.Context().Done(); accepted(func() {})(u) }, func(c *client) { _ = c.nc.Close() }, 0, 1},
		"client leaves too early":  {accepted(func() { time.Sleep(time.Second) }), func(c *client) { _ = c.nc.Close() }, 0, 1},
		"declines when it is late": {func(u *linger.Upgrade) { time.Sleep(time.Minute); _ = u.Respond(http.NotFound) }, nil, 504, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, linger.HandlerFuncs{OnUpgrade: c.upgrade}, linger.Options{
					MaxConnections: 1, MaxPerAddress: 1, UpgradeTimeout: 10 * time.Second,
				})
				synctest.Wait()
				before := goroutines()
				began := time.Now()
				visitor := s.client()
				visitor.ask()
				synctest.Wait()
				if c.client != nil {
					c.client(visitor)
				} else if got := visitor.answer().StatusCode; got != c.status {
					t.Errorf("the client gets %d; got %d", c.status, got)
				}
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("the client has its answer in time; it took %v", took)
				}
				for range c.ends {
					wantFailedHandshake(t, s.end())
				}
				time.Sleep(2 * time.Minute)
				s.wantNoEnd()
				s.wantEmpty()
				if n := s.Subscribers("lobby"); n != 0 {
					t.Errorf("no subscription is left; got %d", n)
				}
				_ = visitor.nc.Close()
				synctest.Wait()
				if now := goroutines(); now > before {
					t.Errorf("no goroutine is left; there were %d, and are %d", before, now)
				}
				if r := s.client().request(); r.StatusCode == http.StatusTooManyRequests || r.Header.Get("Retry-After") == "10" {
					t.Errorf("there is room for the next one; got %s", r.Status)
				}
				time.Sleep(2 * time.Minute) // until its handler has returned
			})
		})
	}
}
