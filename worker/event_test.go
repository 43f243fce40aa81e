package worker

import (
	"fmt"
	"testing"
)

func TestEventAttrs(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprint(newEvent("fetch", nil).attrs()); got != "[event fetch]" {
		t.Errorf("an event without a connection is told by its kind; got %s", got)
	}
	var none *event
	if got := none.attrs(); got != nil {
		t.Errorf("outside of any event there is nothing to tell; got %v", got)
	}
}
