package process

import (
	"fmt"
	"sync"
	"time"
)

// memoryPeriod is the time between two looks at the memory of a child. Until the next one, a child may exceed its limit.
const memoryPeriod = 200 * time.Millisecond

// memoryWatch kills the children of this process that exceed their memory limits.
var memoryWatch watch

// A watch looks at the memory of children. Its goroutine runs while there are some.
type watch struct {
	mu       sync.Mutex
	children map[*child]struct{} // one for each child with a limit that has not ended
}

func (w *watch) add(c *child) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.children == nil {
		w.children = map[*child]struct{}{}
		go w.loop()
	}
	w.children[c] = struct{}{}
}

func (w *watch) remove(c *child) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.children, c)
}

// loop looks at the children until there are none.
func (w *watch) loop() {
	ticker := time.NewTicker(memoryPeriod)
	defer ticker.Stop()
	for range ticker.C {
		watched := w.watched()
		if watched == nil {
			return
		}
		for _, c := range watched {
			c.limitMemory()
		}
	}
}

// watched returns the children. If there are none, the goroutine has to end.
func (w *watch) watched() []*child {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.children) == 0 {
		w.children = nil
		return nil
	}
	children := make([]*child, 0, len(w.children))
	for c := range w.children {
		children = append(children, c)
	}
	return children
}

// limitMemory kills the child if it has more memory than it may have.
func (c *child) limitMemory() {
	used, err := residentMemory(c.command.Process.Pid)
	if err != nil || used <= c.memory {
		return // an error means that the child has just ended
	}
	c.killBecause(fmt.Sprintf("it used %d MiB of memory, and the limit is %d MiB", used>>20, c.memory>>20))
}
