package worker

import (
	"context"
	"crypto/tls"
	"net/http"
	"time"

	"github.com/lingerws/linger/worker/internal/egress"
)

// outgoing is what an engine has asked of others. It belongs to the event loop.
type outgoing struct {
	ctx     context.Context //nolint:containedctx // it is the life of the engine
	cut     context.CancelFunc
	fetches map[int]context.CancelFunc // on their way, or waiting, by the numbers that the module gives them
}

func newOutgoing() outgoing {
	ctx, cut := context.WithCancel(context.Background())
	return outgoing{ctx: ctx, cut: cut, fetches: map[int]context.CancelFunc{}}
}

// reason tells what is under way, nothing if it is empty.
func (o *outgoing) reason() string {
	if len(o.fetches) > 0 {
		return "a fetch is in progress"
	}
	return ""
}

// end gives up what is under way. Any goroutine may call it.
func (in *instance) endOutgoing() {
	in.outgoing.cut()
	in.arrivals.end()
}

// Bounds of the connections that fetches share. They are given back to the next fetch
// of the same origin, in any worker.
const (
	maxIdleConnections = 100
	idleConnectionTime = 90 * time.Second
	maxAnswerHeader    = 64 << 10 // bytes
)

// newTransport makes what fetches go through. Proxies of the environment are not used:
// the address that is dialled is the one that the rules are about.
func newTransport(rules egress.Rules, config *tls.Config) *http.Transport {
	return &http.Transport{
		DialContext:            rules.Dial,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    egress.Timeout,
		DisableCompression:     true, // outgoingRequest.offerCodings asks for what readAnswer and the script decode
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           maxIdleConnections,
		IdleConnTimeout:        idleConnectionTime,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
}
