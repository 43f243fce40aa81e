package protocol

import (
	"errors"
	"fmt"
	"testing"
)

var misuses = []*Misuse{ErrClosing, ErrCloseCode, ErrCloseReason, ErrText, ErrOpcode, ErrPing}

func TestMisuseIs(t *testing.T) {
	for _, kind := range misuses {
		err := fmt.Errorf("outside: %w", misuse(kind, "got this"))
		for _, other := range misuses {
			if got := errors.Is(err, other); got != (kind == other) {
				t.Errorf("errors.Is(%v, %s) is %t", err, other.ID, got)
			}
		}
		if errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v matches an error of another package", err)
		}
		var m *Misuse
		if !errors.As(err, &m) || m.Got != "got this" {
			t.Errorf("%v does not contain what the call passed", err)
		}
	}
}

func TestMisuseError(t *testing.T) {
	if got, want := ErrText.Error(), ErrText.ID+": "+ErrText.Rule; got != want {
		t.Errorf("the error is %q, expected %q", got, want)
	}
	if got, want := misuse(ErrText, "got ff").Error(), ErrText.Error()+"; got ff"; got != want {
		t.Errorf("the error is %q, expected %q", got, want)
	}
}
