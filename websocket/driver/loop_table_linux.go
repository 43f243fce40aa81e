package driver

import (
	"sync"
	"sync/atomic"
)

// table finds drivers by their descriptors, which are small numbers, without a lock. It
// grows by blocks and keeps them, so its size is that of the most connections there were.
type table struct {
	mu     sync.Mutex
	blocks atomic.Pointer[[]*block]
}

type block [1024]atomic.Pointer[Driver]

func (t *table) get(fd int32) *Driver {
	blocks := t.blocks.Load()
	i := int(fd) / len(block{})
	if blocks == nil || i >= len(*blocks) {
		return nil
	}
	return (*blocks)[i][int(fd)%len(block{})].Load()
}

// set puts a driver in its place; nil removes it.
func (t *table) set(fd int32, d *Driver) {
	t.block(int(fd) / len(block{}))[int(fd)%len(block{})].Store(d)
}

func (t *table) block(i int) *block {
	if blocks := t.blocks.Load(); blocks != nil && i < len(*blocks) {
		return (*blocks)[i]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var grown []*block
	if blocks := t.blocks.Load(); blocks != nil {
		grown = append(grown, *blocks...)
	}
	for len(grown) <= i {
		grown = append(grown, new(block))
	}
	t.blocks.Store(&grown)
	return grown[i]
}
