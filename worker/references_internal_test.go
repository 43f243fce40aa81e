package worker

import (
	"slices"
	"testing"

	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
)

// releases is a caller that records the references that were released.
type releases struct {
	caller
	numbers []int
}

func (r *releases) dispatchInTurn(e script.Event) error {
	r.numbers = append(r.numbers, e.(*script.ReferenceReleased).Reference)
	return nil
}

// referenceHost returns a host with references only.
func referenceHost(a *App) (*hostAPI, *releases) {
	arrivals, released := loop.NewArrivals(), &releases{}
	return &hostAPI{app: a, arrivals: &arrivals, caller: released}, released
}

// seen returns the references whose release was reported to the script since the last call.
func (h *hostAPI) seen(t *testing.T) []int {
	t.Helper()
	for next := h.arrivals.Next(); next != nil; next = h.arrivals.Next() {
		if err := next(); err != nil {
			t.Error(err)
		}
	}
	released := h.caller.(*releases)
	numbers := released.numbers
	released.numbers = nil
	slices.Sort(numbers)
	return numbers
}

// newReferences makes references to something of the script.
func (h *hostAPI) newReferences(t *testing.T, count int) []int {
	t.Helper()
	var numbers []int
	for range count {
		number, err := h.NewReference(0)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, number)
	}
	return numbers
}

func TestReferences(t *testing.T) {
	t.Parallel()
	setUp := func(t *testing.T) (home, holder *hostAPI, numbers []int) {
		t.Helper()
		a := &App{}
		a.objects = newObjects(a)
		home, _ = referenceHost(a)
		holder, _ = referenceHost(a)
		numbers = home.newReferences(t, 2)
		holder.unpack(home.pack(script.Value{References: numbers}))
		return home, holder, numbers
	}
	t.Run("the last holder ends a reference", func(t *testing.T) {
		t.Parallel()
		home, holder, numbers := setUp(t)
		holder.HoldReference(numbers[0])
		for _, number := range append(numbers, numbers[1]) { // a second release has no effect
			holder.ReleaseReference(number)
		}
		if got := home.seen(t); !slices.Equal(got, numbers[1:]) {
			t.Errorf("the second reference has no holder; released %v of %v", got, numbers)
		}
		holder.ReleaseReference(numbers[0])
		if got := home.seen(t); !slices.Equal(got, numbers[:1]) || home.app.references.inUse(home) {
			t.Errorf("no reference has a holder; released %v of %v", got, numbers)
		}
	})
	t.Run("the end of a holder releases what it holds", func(t *testing.T) {
		t.Parallel()
		home, holder, numbers := setUp(t)
		holder.HoldReference(numbers[0])
		holder.app.references.end(holder)
		if got := home.seen(t); !slices.Equal(got, numbers) {
			t.Errorf("no reference has a holder; released %v of %v", got, numbers)
		}
		more := home.newReferences(t, 1)
		holder.unpack(home.pack(script.Value{References: more}))
		if got := home.seen(t); !slices.Equal(got, more) {
			t.Errorf("a holder that has ended holds nothing; released %v of %v", got, more)
		}
	})
	t.Run("a value that is dropped holds nothing", func(t *testing.T) {
		t.Parallel()
		home, holder, numbers := setUp(t)
		value := holder.pack(script.Value{References: numbers})
		for _, number := range numbers {
			holder.ReleaseReference(number)
		}
		if got := home.seen(t); len(got) > 0 {
			t.Errorf("the value holds the references; released %v", got)
		}
		value.drop()
		value.drop()
		if got := home.seen(t); !slices.Equal(got, numbers) {
			t.Errorf("no reference has a holder; released %v of %v", got, numbers)
		}
	})
	t.Run("the end of the script ends its references", func(t *testing.T) {
		t.Parallel()
		home, holder, numbers := setUp(t)
		home.app.references.end(home)
		e := newEvent("rpc", nil)
		if got := holder.receiverOf(script.Target{Reference: numbers[0]}).send(e, nil, nil); got != referenceBroken {
			t.Errorf("a call fails with %q; got %q", referenceBroken, got)
		}
		holder.ReleaseReference(numbers[0])
		if got := home.seen(t); len(got) > 0 {
			t.Errorf("a script that has ended gets no event; got %v", got)
		}
	})
	t.Run("a script has a bounded number of references", func(t *testing.T) {
		t.Parallel()
		home, holder, numbers := setUp(t)
		home.newReferences(t, maxReferences-len(numbers))
		if _, err := home.NewReference(0); err == nil {
			t.Errorf("the reference after the %d first ones is refused", maxReferences)
		}
		holder.ReleaseReference(numbers[0])
		home.newReferences(t, 1)
	})
}
