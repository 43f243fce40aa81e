package fetch

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestGateEnterKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		if err := g.Enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		var order []int
		for i := range 3 {
			go func() {
				if err := g.Enter(t.Context()); err != nil {
					t.Error(err)
				}
				order = append(order, i)
				g.Leave()
			}()
			synctest.Wait()
		}
		g.Leave()
		synctest.Wait()
		if len(order) != 3 || order[0] != 0 || order[2] != 2 {
			t.Errorf("fetches enter in their order; got %v", order)
		}
	})
}

func TestGateEnterEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		if err := g.Enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, ErrTimeout)
		defer cancel()
		if err := g.Enter(ctx); !errors.Is(err, ErrTimeout) {
			t.Errorf("the wait ends with the fetch's time; got %v", err)
		}
	})
}

func TestGateAdmitBoundsTheBodies(t *testing.T) {
	g := NewGate(64)
	if err := g.Admit(maxBodies); err != nil {
		t.Fatal(err)
	}
	if err := g.Admit(1); err == nil || !strings.Contains(err.Error(), "more than 67108864 bytes") {
		t.Errorf("no more bytes are admitted; got %v", err)
	}
	if err := g.Admit(0); err != nil {
		t.Errorf("a fetch without a body is; got %v", err)
	}
	g.Dismiss(maxBodies)
	if err := g.Admit(1); err != nil {
		t.Errorf("there is room again; got %v", err)
	}
}
