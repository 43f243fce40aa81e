package worker

import (
	"fmt"
	"testing"
)

func TestEventAttrs(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprint(newEvent("fetch", nil).attrs()); got != "[event fetch]" {
		t.Errorf("the attributes of an event without a connection are its kind; got %s", got)
	}
	var none *event
	if got := none.attrs(); got != nil {
		t.Errorf("a nil event has no attributes; got %v", got)
	}
}
