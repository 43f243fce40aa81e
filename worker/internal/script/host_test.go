package script

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"testing"
)

func TestHeaderAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		header Header
		want   []string // sorted
	}{
		{
			"the client's address replaces what the client has sent",
			Header{Host: "example.com", Fields: http.Header{"Cf-Connecting-Ip": {"9.9.9.9"}, "A": {"1", "2"}}, RemoteIP: netip.MustParseAddr("10.0.0.1")},
			[]string{"A: 1", "A: 2", "cf-connecting-ip: 10.0.0.1", "host: example.com"},
		},
		{
			"without an address the field is removed",
			Header{Host: "example.com", Fields: http.Header{"CF-Connecting-IP": {"9.9.9.9"}}},
			[]string{"host: example.com"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for name, value := range c.header.All() {
				got = append(got, name+": "+value)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("the fields are %q; got %q", c.want, got)
			}
		})
	}
	for range (&Header{Host: "example.com", RemoteIP: netip.MustParseAddr("10.0.0.1")}).All() {
		break // an iterator must allow that
	}
}

func TestIsFatal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err   error
		fatal bool
	}{
		{nil, false},
		{&Exception{Name: "Error"}, false},
		{&Throw{Name: "TypeError"}, false},
		{ErrLost, false},
		{ErrInterrupted, true},
		{&Interruption{}, true},
		{ErrOutOfMemory, true},
		{&Failure{Cause: errors.New("the process has exited")}, true},
	} {
		if got := IsFatal(c.err); got != c.fatal {
			t.Errorf("%v is fatal: %t; got %t", c.err, c.fatal, got)
		}
	}
}
