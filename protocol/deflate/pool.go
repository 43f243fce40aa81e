package deflate

import (
	"runtime"
	"sync"
)

// lent holds a token for each state that is in use. Compressing needs a processor
// and nothing else, so more states than processors would only fill memory: a
// thousand goroutines that send at once would each hold a megabyte.
var lent = make(chan struct{}, 2*runtime.GOMAXPROCS(0))

// pool lends states of one kind. Idle ones belong to the garbage collector.
type pool[T any] struct {
	create func() *T
	idle   sync.Pool
}

func newPool[T any](create func() *T) *pool[T] { return &pool[T]{create: create} }

// take waits until a state may be lent. The borrower must not take a second one.
func (p *pool[T]) take() *T {
	lent <- struct{}{}
	if s, ok := p.idle.Get().(*T); ok {
		return s
	}
	return p.create()
}

func (p *pool[T]) give(s *T) {
	p.idle.Put(s)
	<-lent
}
