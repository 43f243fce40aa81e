package proxy

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// backend is a server to which connections are forwarded.
type backend struct {
	url       *url.URL
	count     int       // the number of connections, including those being opened
	downUntil time.Time // not preferred before this time, because it could not be reached
}

// backends are all backends of a proxy.
type backends struct {
	mu  sync.Mutex
	all []*backend
}

func newBackends(urls []string) (*backends, error) {
	b := &backends{}
	for _, text := range urls {
		u, err := parseBackend(text)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		b.all = append(b.all, &backend{url: u})
	}
	if len(b.all) == 0 {
		return nil, fmt.Errorf("proxy: no backend; give at least one, such as ws://127.0.0.1:9000")
	}
	return b, nil
}

// CheckBackend returns an error unless text is a valid URL of a backend, for Options.To.
func CheckBackend(text string) error {
	_, err := parseBackend(text)
	return err
}

func parseBackend(text string) (*url.URL, error) {
	u, err := driver.ParseURL(text)
	switch misuse, ok := errors.AsType[*protocol.Misuse](err); {
	case ok:
		return nil, fmt.Errorf("backend %s: %s: give a URL such as ws://127.0.0.1:9000/path", quoteURL(text), misuse.Got)
	case err != nil:
		return nil, err
	case u.Scheme != "ws" && u.Scheme != "wss":
		return nil, fmt.Errorf("backend %s: the scheme is neither ws nor wss: give a URL such as ws://127.0.0.1:9000/path", quoteURL(text))
	}
	return u, nil
}

// quoteURL quotes a URL without its password.
func quoteURL(text string) string {
	if u, err := url.Parse(text); err == nil {
		text = u.Redacted()
	} else if i := strings.LastIndexByte(text, '@'); i >= 0 {
		text = "..." + text[i:]
	}
	return fmt.Sprintf("%.200q", text)
}

// choose returns the backend with the fewest connections among those that have not been
// tried, and counts another connection. Backends that could not be reached come last. It
// returns nil when all have been tried.
func (b *backends) choose(tried map[*backend]bool) *backend {
	b.mu.Lock()
	defer b.mu.Unlock()
	var best *backend
	now := time.Now()
	better := func(candidate *backend) bool {
		if best == nil {
			return true
		}
		if down := candidate.downUntil.After(now); down != best.downUntil.After(now) {
			return !down
		}
		return candidate.count < best.count
	}
	for _, candidate := range b.all {
		if !tried[candidate] && better(candidate) {
			best = candidate
		}
	}
	if best != nil {
		best.count++
	}
	return best
}

// release counts one connection less.
func (b *backends) release(to *backend) {
	b.mu.Lock()
	to.count--
	b.mu.Unlock()
}

// markUp records that a backend has responded.
func (b *backends) markUp(to *backend) { b.setDownUntil(to, time.Time{}) }

// markDown records that a backend could not be reached. It is not preferred for the time
// retry.
func (b *backends) markDown(to *backend, retry time.Duration) {
	b.setDownUntil(to, time.Now().Add(retry))
}

func (b *backends) setDownUntil(to *backend, until time.Time) {
	b.mu.Lock()
	to.downUntil = until
	b.mu.Unlock()
}
