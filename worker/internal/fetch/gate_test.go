package fetch

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestGateAcquireKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		if err := g.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		var order []int
		for i := range 3 {
			go func() {
				if err := g.Acquire(t.Context()); err != nil {
					t.Error(err)
				}
				order = append(order, i)
				g.Release()
			}()
			synctest.Wait()
		}
		g.Release()
		synctest.Wait()
		if len(order) != 3 || order[0] != 0 || order[2] != 2 {
			t.Errorf("fetches begin in the order of their calls; got %v", order)
		}
	})
}

func TestGateAcquireEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		if err := g.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, ErrTimeout)
		defer cancel()
		if err := g.Acquire(ctx); !errors.Is(err, ErrTimeout) {
			t.Errorf("Acquire returns the cause when the context ends; got %v", err)
		}
	})
}

func TestGateAdmitBoundsTheBodies(t *testing.T) {
	g := NewGate(64)
	if err := g.Admit(maxBodyBytes); err != nil {
		t.Fatal(err)
	}
	if err := g.Admit(1); err == nil || !strings.Contains(err.Error(), "more than 67108864 bytes") {
		t.Errorf("a fetch whose body exceeds the limit is refused; got %v", err)
	}
	if err := g.Admit(0); err != nil {
		t.Errorf("a fetch without a body is admitted; got %v", err)
	}
	g.Remove(maxBodyBytes)
	if err := g.Admit(1); err != nil {
		t.Errorf("a fetch is admitted after another one was removed; got %v", err)
	}
}
