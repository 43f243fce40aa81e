package testclient_test

import (
	"slices"
	"testing"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
)

// Each sequence breaks a rule, in both roles, and only at its end.
func TestViolationsAreViolations(t *testing.T) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		for _, v := range testclient.Violations(role) {
			m := protocol.New(protocol.Config{Role: 1 - role, MaskKey: func() [4]byte { return [4]byte{} }})
			m.Receive(v.Bytes(role))
			messages := 0
			for ev, ok := m.Next(); ok; ev, ok = m.Next() {
				if ev.Kind == protocol.EventMessage {
					messages++
				}
			}
			if m.Outcome().Violation == nil || messages != len(v.Want)-1 {
				t.Errorf("%s, to a %v: a violation comes after %d messages; got %d, %+v", v.Name, 1-role, len(v.Want)-1, messages, m.Outcome())
			}
		}
	}
}

func TestClientProvokes(t *testing.T) {
	v := testclient.Violations(protocol.Client)[0]
	for _, cut := range []int{1, 1000} {
		c, err := testclient.Dial(serve(t) + "/quiet")
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Provoke(v.Bytes(protocol.Client), cut)
		if err != nil || !slices.Equal(got, v.Want) {
			t.Errorf("%d bytes at a time, the client receives %q; got %q, %v", cut, v.Want, got, err)
		}
		c.Cut()
	}
}
