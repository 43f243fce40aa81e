package deflate

import "sync"

// pool is a typed sync.Pool. A state is taken for one call.
type pool[T any] struct {
	create func() *T
	idle   sync.Pool
}

func newPool[T any](create func() *T) *pool[T] { return &pool[T]{create: create} }

// get returns an idle state, or a new one. It does not block: the callers of Deflate limit the number of states in use.
func (p *pool[T]) get() *T {
	if s, ok := p.idle.Get().(*T); ok {
		return s
	}
	return p.create()
}

func (p *pool[T]) put(s *T) { p.idle.Put(s) }
