package engine

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestErrorsAreDistinct(t *testing.T) {
	all := []error{ErrInterrupted, ErrOutOfMemory, ErrPoisoned, ErrClosed, ErrBusy, ErrReleased, ErrStackOverflow}
	for i, err := range all {
		if !strings.HasPrefix(err.Error(), "engine: the ") {
			t.Errorf("an error should begin with the package and its subject, got %q", err)
		}
		for j, other := range all {
			if errors.Is(err, other) != (i == j) {
				t.Errorf("errors.Is should distinguish %q from %q", err, other)
			}
		}
	}
}

func TestErrorTextsOfValues(t *testing.T) {
	for err, parts := range map[error][]string{
		&UnsupportedError{Type: "Map"}:         {"type Map", "strings", "bytes", "arrays"},
		&SizeError{What: "a list", Limit: 123}: {"a list is too large", "the limit is 123"},
	} {
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q should contain %q", err, part)
			}
		}
	}
}

func TestPanicErrorTextHasNoStack(t *testing.T) {
	err := &PanicError{Value: "fault", Stack: []byte("goroutine 1")}
	if got := err.Error(); got != "engine: panic: fault" {
		t.Errorf("the text should be the panic's value alone, got %q", got)
	}
}

func TestPanicErrorUnwrap(t *testing.T) {
	if !errors.Is(&PanicError{Value: ErrBusy}, ErrBusy) {
		t.Error("errors.Is should find the error that was passed to panic")
	}
	if errors.Unwrap(&PanicError{Value: math.Pi}) != nil {
		t.Error("a panic with another value should unwrap to nil")
	}
}
