package deflate

import "sync"

// pool lends states of one kind, each for one call. Idle ones belong to the garbage collector.
type pool[T any] struct {
	create func() *T
	idle   sync.Pool
}

func newPool[T any](create func() *T) *pool[T] { return &pool[T]{create: create} }

// take returns a state that is idle, or a new one. It does not wait: the caller of Deflate bounds how many are in use.
func (p *pool[T]) take() *T {
	if s, ok := p.idle.Get().(*T); ok {
		return s
	}
	return p.create()
}

func (p *pool[T]) give(s *T) { p.idle.Put(s) }
