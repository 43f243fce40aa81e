package linger_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
)

// refused sends an upgrade request and expects a refusal.
func (s *service) refused(status int, retryAfter string, lines ...string) {
	s.t.Helper()
	response := s.client().request(lines...)
	if got := response.Header.Get("Retry-After"); response.StatusCode != status || got != retryAfter {
		s.t.Errorf("the request gets %d with Retry-After: %s; got %s, %q", status, retryAfter, response.Status, got)
	}
}

func TestServerMaxConnections(t *testing.T) {
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

// Upgrades in progress count, or many requests could be admitted at once.
func TestServerMaxConnectionsCountsUpgrades(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			time.Sleep(time.Second)
			_ = u.Respond(http.NotFound)
		}}, linger.Options{MaxConnections: 1})
		s.client().ask()
		synctest.Wait()
		s.refused(http.StatusServiceUnavailable, "10")
		time.Sleep(2 * time.Second)
		s.refused(http.StatusNotFound, "") // there is room for a request that is declined
	})
}

func TestServerMaxPerAddress(t *testing.T) {
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

func TestServerUpgradeRate(t *testing.T) {
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

// A request that does not become a connection is not counted any more, for whatever reason.
func TestServerAdmissionOfFailedUpgrades(t *testing.T) {
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
		status  int // 0 if the client has gone
		ends    int
	}{
		"declined":                 {func(u *linger.Upgrade) { _ = u.Respond(http.NotFound) }, nil, 404, 0},
		"not answered":             {func(*linger.Upgrade) {}, nil, 500, 0},
		"panics":                   {func(*linger.Upgrade) { panic("no") }, nil, 500, 0},
		"panics after Accept":      {accepted(func() { panic("no") }), nil, 500, 1},
		"fails after Accept":       {func(u *linger.Upgrade) { accepted(func() {})(u); u.Fail(418, "no") }, nil, 418, 1},
		"fails":                    {func(u *linger.Upgrade) { u.Fail(418, "no") }, nil, 418, 0},
		"is late":                  {func(*linger.Upgrade) { time.Sleep(time.Minute) }, nil, 504, 0},
		"is late after Accept":     {accepted(func() { time.Sleep(time.Minute) }), nil, 504, 1},
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

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

func TestSocketRemoteAddr(t *testing.T) {
	private := []string{"10.0.0.0/8", "192.168.0.0/16", "fd00::/8"}
	for name, c := range map[string]struct {
		peer    string
		trusted []string
		headers []string
		want    string
		url     string
	}{
		"direct":                         {"203.0.113.9:1234", private, nil, "203.0.113.9:1234", "http"},
		"made up":                        {"203.0.113.9:1234", private, []string{"X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"}, "203.0.113.9:1234", "http"},
		"no proxy is trusted":            {"10.0.0.1:1", nil, []string{"X-Forwarded-For: 1.2.3.4"}, "10.0.0.1:1", "http"},
		"one proxy":                      {"10.0.0.1:1", private, []string{"X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: https"}, "198.51.100.7", "https"},
		"two proxies":                    {"10.0.0.1:1", private, []string{"X-Forwarded-For: 198.51.100.7, 10.2.2.2"}, "198.51.100.7", "http"},
		"two fields":                     {"10.0.0.1:1", private, []string{"X-Forwarded-For: 198.51.100.7", "X-Forwarded-For: 10.2.2.2"}, "198.51.100.7", "http"},
		"the client has begun the list":  {"10.0.0.1:1", private, []string{"X-Forwarded-For: 1.2.3.4, 10.9.9.9, 198.51.100.7, 10.2.2.2"}, "198.51.100.7", "http"},
		"all of them are proxies":        {"10.0.0.1:1", private, []string{"X-Forwarded-For: 10.3.3.3, 10.2.2.2"}, "10.3.3.3", "http"},
		"garbage ends it":                {"10.0.0.1:1", private, []string{"X-Forwarded-For: 198.51.100.7, unknown, 10.2.2.2"}, "10.2.2.2", "http"},
		"nothing but garbage":            {"10.0.0.1:1", private, []string{"X-Forwarded-For: ,"}, "10.0.0.1:1", "http"},
		"with a port":                    {"10.0.0.1:1", private, []string{"X-Forwarded-For: 198.51.100.7:5555"}, "198.51.100.7", "http"},
		"IPv6":                           {"[fd00::1]:1", private, []string{"X-Forwarded-For: 2001:db8::7"}, "2001:db8::7", "http"},
		"IPv6 in brackets":               {"[fd00::1]:1", private, []string{"X-Forwarded-For: [2001:db8::7]"}, "2001:db8::7", "http"},
		"IPv6 with a port":               {"[fd00::1]:1", private, []string{"X-Forwarded-For: [2001:db8::7]:99"}, "2001:db8::7", "http"},
		"IPv4 in IPv6":                   {"[::ffff:10.0.0.1]:1", private, []string{"X-Forwarded-For: ::ffff:198.51.100.7"}, "198.51.100.7", "http"},
		"the nearest proxy has had TLS":  {"10.0.0.1:1", private, []string{"X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: http, https"}, "198.51.100.7", "https"},
		"the nearest proxy has had none": {"10.0.0.1:1", private, []string{"X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: https, http"}, "198.51.100.7", "http"},
		"a Unix socket":                  {"@", private, []string{"X-Forwarded-For: 198.51.100.7"}, "198.51.100.7", "http"},
		"a peer without a port":          {"203.0.113.9", private, []string{"X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"}, "203.0.113.9", "http"},
		"a peer without an address":      {"nonsense", private, []string{"X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"}, "nonsense", "http"},
		"a Unix socket, none trusted":    {"@", nil, []string{"X-Forwarded-For: 198.51.100.7"}, "@", "http"},
	} {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequest("GET", "http://example.com/chat", nil)
			request.RemoteAddr = c.peer
			if c.peer == "@" {
				local := &net.UnixAddr{Name: "/run/linger.sock", Net: "unix"}
				request = request.WithContext(context.WithValue(request.Context(), http.LocalAddrContextKey, local))
			}
			for _, line := range append(c.headers, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==") {
				name, value, _ := strings.Cut(line, ": ")
				request.Header.Add(name, value)
			}
			asked := false
			server := linger.NewServer(linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
				asked = true
				socket, err := u.Accept(linger.AcceptOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if got := socket.RemoteAddr(); got != c.want {
					t.Errorf("the remote address is %s; got %s", c.want, got)
				}
				if got := socket.URL().Scheme; got != c.url || server(u).Secure(request) != (c.url == "https") {
					t.Errorf("the scheme is %s; got %s", c.url, got)
				}
				u.Fail(http.StatusTeapot, "enough")
			}}, linger.Options{TrustedProxies: prefixes(c.trusted...)})
			server.ServeHTTP(httptest.NewRecorder(), request)
			if !asked {
				t.Error("the handler is asked; it was not")
			}
		})
	}
}

func server(u *linger.Upgrade) *linger.Server { return u.Server }

func FuzzForwardedFor(f *testing.F) {
	f.Add("198.51.100.7, 10.2.2.2", "https")
	f.Add("[::1]:80,,", "")
	s := linger.NewServer(linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
		socket, err := u.Accept(linger.AcceptOptions{})
		if err != nil {
			panic(err)
		}
		if addr, err := netip.ParseAddr(socket.RemoteAddr()); err != nil && socket.RemoteAddr() != "10.0.0.1:1" {
			panic("the remote address is an address: " + socket.RemoteAddr() + addr.String())
		}
		u.Fail(http.StatusTeapot, "enough")
	}}, linger.Options{TrustedProxies: prefixes("10.0.0.0/8")})
	f.Fuzz(func(_ *testing.T, list, proto string) {
		request := httptest.NewRequest("GET", "http://example.com/", nil)
		request.RemoteAddr = "10.0.0.1:1"
		request.Header = http.Header{"X-Forwarded-For": {list}, "X-Forwarded-Proto": {proto}, "Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
		s.ServeHTTP(httptest.NewRecorder(), request)
	})
}

func TestServerRemovesForgedForwardingFields(t *testing.T) {
	sent := http.Header{
		"X-Forwarded-For": {"1.2.3.4"}, "X-Forwarded-Proto": {"https"}, "X-Real-Ip": {"1.2.3.4"}, "Forwarded": {"for=1.2.3.4"},
		"Cf-Connecting-Ip": {"1.2.3.4"}, "True_client_ip": {"1.2.3.4"}, "Origin": {"http://example.com"}, "Via": {"1.1 a"},
	}
	for name, c := range map[string]struct {
		trusted []string
		want    int // of the fields sent
	}{
		"untrusted": {nil, 2},
		"trusted":   {[]string{"203.0.113.0/24"}, len(sent)},
	} {
		for _, kind := range []string{"upgrade", "plain"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				request := httptest.NewRequest("GET", "http://example.com/chat", nil)
				request.RemoteAddr = "203.0.113.9:1234"
				request.Header = sent.Clone()
				if kind == "upgrade" {
					request.Header.Set("Upgrade", "websocket")
					request.Header.Set("Connection", "Upgrade")
					request.Header.Set("Sec-WebSocket-Version", "13")
					request.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
				}
				var got []http.Header
				log := &strings.Builder{}
				server := linger.NewServer(linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
					socket, err := u.Accept(linger.AcceptOptions{})
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, u.Request.Header, socket.Header())
				}}, linger.Options{
					TrustedProxies: prefixes(c.trusted...),
					Fallback:       http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header) }),
					Logger:         slog.New(slog.NewTextHandler(log, nil)),
				})
				for range 2 {
					server.ServeHTTP(httptest.NewRecorder(), request)
				}
				for _, header := range got {
					n := 0
					for name := range sent {
						if header[name] != nil {
							n++
						}
					}
					if n != c.want {
						t.Errorf("%d of the fields reach the application; got %q", c.want, header)
					}
				}
				if len(request.Header) < len(sent) || len(got) < 2 {
					t.Errorf("the request itself stays as it is, and is handled; got %q", request.Header)
				}
				if lines := strings.Count(log.String(), "forwarding fields removed"); lines > 1 || (lines == 0) != (c.trusted != nil) {
					t.Errorf("it is logged once that fields were removed; got %s", log)
				}
			})
		}
	}
}

// A request that another bound refuses must not use up the rate.
func TestServerUpgradeRateOfRefusedRequests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const ann, ben = "X-Forwarded-For: 203.0.113.1", "X-Forwarded-For: 203.0.113.2"
		s := serve(t, linger.HandlerFuncs{}, linger.Options{MaxPerAddress: 1, UpgradeRate: 2, TrustedProxies: prefixes("127.0.0.0/8")})
		s.connect(ann)
		for range 10 {
			s.refused(http.StatusTooManyRequests, "10", ann)
		}
		s.connect(ben)
		s.refused(http.StatusServiceUnavailable, "1", "X-Forwarded-For: 203.0.113.3")
	})
}
