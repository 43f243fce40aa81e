package driver

import (
	"sync"
	"sync/atomic"
)

// descriptorTable maps descriptors, which are small numbers, to their transports. Reading
// it takes no lock. It grows by blocks and never shrinks, so its size is that of the
// highest descriptor there has been.
type descriptorTable struct {
	mu     sync.Mutex // held to replace blocks
	blocks atomic.Pointer[[]*tableBlock]
}

type tableBlock [1024]atomic.Pointer[epollTransport]

// get returns the transport of a descriptor, or nil.
func (t *descriptorTable) get(fd int32) *epollTransport {
	blocks := t.blocks.Load()
	i := int(fd) / len(tableBlock{})
	if blocks == nil || i >= len(*blocks) {
		return nil
	}
	return (*blocks)[i][int(fd)%len(tableBlock{})].Load()
}

// set sets the transport of a descriptor; nil removes it.
func (t *descriptorTable) set(fd int32, transport *epollTransport) {
	t.block(int(fd) / len(tableBlock{}))[int(fd)%len(tableBlock{})].Store(transport)
}

// block returns a block, which it adds if necessary.
func (t *descriptorTable) block(i int) *tableBlock {
	if blocks := t.blocks.Load(); blocks != nil && i < len(*blocks) {
		return (*blocks)[i]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var grown []*tableBlock
	if blocks := t.blocks.Load(); blocks != nil {
		grown = append(grown, *blocks...)
	}
	for len(grown) <= i {
		grown = append(grown, new(tableBlock))
	}
	t.blocks.Store(&grown)
	return grown[i]
}
