package worker

import "context"

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
