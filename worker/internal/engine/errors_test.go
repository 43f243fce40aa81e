package engine

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestEachErrorIsItself(t *testing.T) {
	all := []error{ErrInterrupted, ErrOutOfMemory, ErrPoisoned, ErrClosed, ErrBusy, ErrReleased, ErrStackOverflow}
	for i, err := range all {
		if !strings.HasPrefix(err.Error(), "engine: the ") {
			t.Errorf("an error should say where it comes from and what is wrong, got %q", err)
		}
		for j, other := range all {
			if errors.Is(err, other) != (i == j) {
				t.Errorf("errors.Is should tell %q from %q", err, other)
			}
		}
	}
}

func TestErrorsOfValuesSayWhatCanPass(t *testing.T) {
	for err, parts := range map[error][]string{
		&UnsupportedError{Type: "Map"}:         {"type Map", "strings", "bytes", "arrays"},
		&SizeError{What: "a list", Limit: 123}: {"a list is too large", "the limit is 123"},
	} {
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q should say %q", err, part)
			}
		}
	}
}

func TestPanicErrorKeepsTheStackOutOfItsText(t *testing.T) {
	err := &PanicError{Value: "fault", Stack: []byte("goroutine 1")}
	if got := err.Error(); got != "engine: panic: fault" {
		t.Errorf("the text should be the panic's value alone, got %q", got)
	}
}

func TestPanicErrorUnwrapsToErrors(t *testing.T) {
	if !errors.Is(&PanicError{Value: ErrBusy}, ErrBusy) {
		t.Error("errors.Is should find the error that was passed to panic")
	}
	if errors.Unwrap(&PanicError{Value: math.Pi}) != nil {
		t.Error("a panic with something else should unwrap to nothing")
	}
}
