package proxy

import (
	"fmt"
	"net/url"
	"sync"
	"time"
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
		u, err := url.Parse(text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("proxy: backend %q: %w", text, err)
		case u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "":
			return nil, fmt.Errorf("proxy: backend %q: give a URL such as ws://127.0.0.1:9000/path", text)
		}
		b.all = append(b.all, &backend{url: u})
	}
	if len(b.all) == 0 {
		return nil, fmt.Errorf("proxy: no backend: name one at least, such as ws://127.0.0.1:9000")
	}
	return b, nil
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

// target returns the URL for a request: its path and query are added to the backend's.
func (one *backend) target(request *url.URL) string {
	u := *one.url
	if request.Path != "" && request.Path != "/" {
		u = *u.JoinPath(request.EscapedPath())
	}
	switch {
	case u.RawQuery == "":
		u.RawQuery = request.RawQuery
	case request.RawQuery != "":
		u.RawQuery += "&" + request.RawQuery
	}
	return u.String()
}
