package linger

import (
	"errors"
	"testing"

	"github.com/lingerws/linger/websocket/driver"
)

// TestHeldOpsBound checks that messages beyond maxHeld are refused as by a full send queue, and that a Close never is.
func TestHeldOpsBound(t *testing.T) {
	var held heldOps
	first, second := &Socket{}, &Socket{}
	large := driver.Op{Kind: driver.OpSend, Payload: make([]byte, maxHeld*2/3)}
	if err := held.call(first, large); err != nil {
		t.Fatalf("a message within the bound is kept; got %v", err)
	}
	if err := held.call(second, large); !errors.Is(err, driver.ErrQueueFull) {
		t.Errorf("a message beyond the bound, which holds for all connections together, is refused; got %v", err)
	}
	if err := held.call(second, driver.Op{Kind: driver.OpClose}); err != nil {
		t.Errorf("a Close is kept in any case; got %v", err)
	}
	if ops := held.takeAll(); len(ops[first]) != 1 || len(ops[second]) != 1 {
		t.Errorf("%d and %d operations are kept, expected one each", len(ops[first]), len(ops[second]))
	}
	if err := held.call(second, large); err != nil {
		t.Errorf("after the operations have been taken there is room again; got %v", err)
	}
}
