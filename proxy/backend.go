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

// backend is where connections go.
type backend struct {
	url   *url.URL
	count int       // connections, those being opened included
	until time.Time // it could not be reached, and is left alone until then
}

// backends chooses between them.
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
		return nil, fmt.Errorf("proxy: no backend: name one at least, such as ws://127.0.0.1:9000")
	}
	return b, nil
}

// CheckBackend returns an error if a URL cannot be that of a backend, in [Options].To.
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
		return nil, fmt.Errorf("backend %s: its scheme is neither ws nor wss: give a URL such as ws://127.0.0.1:9000/path", quoteURL(text))
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

// take returns the backend with the fewest connections among those that have not been
// tried, those that could be reached before those that could not, and counts one more.
// It returns nil when all have been tried.
func (b *backends) take(tried map[*backend]bool) *backend {
	b.mu.Lock()
	defer b.mu.Unlock()
	var best *backend
	now := time.Now()
	better := func(one *backend) bool {
		if best == nil {
			return true
		}
		if down := one.until.After(now); down != best.until.After(now) {
			return !down
		}
		return one.count < best.count
	}
	for _, one := range b.all {
		if !tried[one] && better(one) {
			best = one
		}
	}
	if best != nil {
		best.count++
	}
	return best
}

// leave ends a connection.
func (b *backends) leave(one *backend) {
	b.mu.Lock()
	one.count--
	b.mu.Unlock()
}

// reached notes that a backend has answered; failed that it has not.
func (b *backends) reached(one *backend) { b.mark(one, time.Time{}) }

func (b *backends) failed(one *backend, retry time.Duration) { b.mark(one, time.Now().Add(retry)) }

func (b *backends) mark(one *backend, until time.Time) {
	b.mu.Lock()
	one.until = until
	b.mu.Unlock()
}
