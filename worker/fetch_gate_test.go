package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFetchesWaitForAPlaceInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFetchGate(1)
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		var order []int
		for i := range 3 {
			go func() {
				if err := g.enter(t.Context()); err != nil {
					t.Error(err)
				}
				order = append(order, i)
				g.leave()
			}()
			synctest.Wait()
		}
		g.leave()
		synctest.Wait()
		if len(order) != 3 || order[0] != 0 || order[2] != 2 {
			t.Errorf("who waits first is first; got %v", order)
		}
	})
}

func TestAFetchThatWaitsTooLongIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFetchGate(1)
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errFetchTimeout)
		defer cancel()
		if err := g.enter(ctx); !errors.Is(err, errFetchTimeout) {
			t.Errorf("the wait ends with the fetch's time; got %v", err)
		}
	})
}

func TestTheBodiesOfFetchesAreBounded(t *testing.T) {
	g := newFetchGate(64)
	if err := g.admit(maxFetchBytes); err != nil {
		t.Fatal(err)
	}
	if err := g.admit(1); err == nil || !strings.Contains(err.Error(), "more than 67108864 bytes") {
		t.Errorf("no more bytes are admitted; got %v", err)
	}
	if err := g.admit(0); err != nil {
		t.Errorf("a fetch without a body is; got %v", err)
	}
	g.dismiss(maxFetchBytes)
	if err := g.admit(1); err != nil {
		t.Errorf("there is room again; got %v", err)
	}
}
