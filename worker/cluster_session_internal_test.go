package worker

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/worker/internal/script"
)

// sendCounter is a node that counts what is sent and sends nothing.
type sendCounter struct {
	linger.Cluster
	sent atomic.Int64
}

func (c *sendCounter) Send(string, string, []byte) error {
	c.sent.Add(1)
	return nil
}

// watchedBody is a body that records whether it was cancelled.
type watchedBody struct{ cancelled atomic.Bool }

func (*watchedBody) next() ([]byte, error) { return nil, io.EOF }
func (b *watchedBody) cancel(error)        { b.cancelled.Store(true) }

// sentRequest is a request with a body that is sent to another node while the session with that ends.
type sentRequest struct {
	event *event
	body  *watchedBody
	err   error
	ended atomic.Int64 // how often the event has ended
}

func newSentRequest(ctx context.Context) *sentRequest {
	r := &sentRequest{body: &watchedBody{}}
	r.event = newFetchEvent(ctx, &cargo{request: &script.Request{}}, nil)
	r.event.body = passedBody(r.body, -1, 1, func() {})
	r.event.onEnd = func() { r.ended.Add(1) }
	return r
}

// An event that is sent while its session ends either fails as one that may have been handled, after it was sent, or was not sent: then it has not ended, and its body is
// untouched, so that it can be sent to another node.
func TestSessionEndWhileSending(t *testing.T) {
	t.Parallel()
	a := &App{}
	for range 300 {
		cluster := &sendCounter{Cluster: memcluster.New().Join("a")}
		p := newSession(&clusterObjects{app: a, cluster: cluster}, "b", sessionID{1, 1}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		requests := make([]*sentRequest, 4)
		var all sync.WaitGroup
		for i := range requests {
			r := newSentRequest(ctx)
			requests[i] = r
			all.Go(func() {
				r.err = p.sendEvent(&objectRecord{kind: recordFetch}, r.event, &cargo{request: &script.Request{}}, nil, func() {})
			})
		}
		all.Go(p.end)
		all.Wait()
		cancel()
		cluster.Cluster.(*memcluster.Node).Leave()
		sent := int64(0)
		for _, r := range requests {
			outcome := r.event.outcome
			switch {
			case r.err != nil && (r.ended.Load() != 0 || r.body.cancelled.Load()):
				t.Errorf("an event that was not sent goes on with its body; it has ended %d times, and its body is cancelled: %t", r.ended.Load(), r.body.cancelled.Load())
			case r.err != nil:
			case r.ended.Load() != 1 || outcome.Failure != objectUnanswered:
				t.Errorf("an event that was sent ends once with %q; it has ended %d times with %v", objectUnanswered, r.ended.Load(), outcome)
			default:
				sent++
			}
		}
		if got := cluster.sent.Load(); got != sent {
			t.Fatalf("each event that fails as unanswered was sent: %d; got %d", sent, got)
		}
	}
}
