package wasm

import (
	"testing"
)

func TestCacheKeepsTheModulesThatWereUsedLast(t *testing.T) {
	modules := make([][]byte, 3)
	for i := range modules {
		g := &generator{}
		g.function("constant", giveI, 0x41, byte(i))
		modules[i] = g.module()
	}
	c := newCache(2 * (len(modules[0]) + entrySize))
	keep := func(i int) {
		t.Helper()
		if err := c.keep(modules[i]); err != nil {
			t.Fatal(err)
		}
	}
	keep(0)
	first := c.order.Front().Value
	keep(1)
	keep(0)
	if c.order.Len() != 2 || c.order.Front().Value != first {
		t.Error("a module that is kept must not be compiled again")
	}
	keep(2)
	if c.order.Len() != 2 || c.order.Back().Value != first || c.room != 0 {
		t.Errorf("the module that was used last but two must be removed; %d are kept", c.order.Len())
	}
	keep(1)
	if c.order.Len() != 2 || c.order.Back().Value == first {
		t.Error("the oldest module must be removed")
	}
	if err := c.keep([]byte("no module")); err == nil || c.order.Len() != 2 {
		t.Errorf("an invalid module must be an error, got %v", err)
	}
	large := newCache(1)
	if err := large.keep(modules[0]); err != nil || large.order.Len() != 1 {
		t.Errorf("a module larger than the cache must be kept alone, got %v", err)
	}
}
