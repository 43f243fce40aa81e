package testclient_test

import (
	"slices"
	"testing"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
)

// Each sequence violates the protocol, in both roles, after the expected messages.
func TestViolations(t *testing.T) {
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
				t.Errorf("%s, to a %v: there are %d messages and the outcome %+v, expected %d messages and a violation", v.Name, 1-role, messages, m.Outcome(), len(v.Want)-1)
			}
		}
	}
}

func TestClientSendViolation(t *testing.T) {
	v := testclient.Violations(protocol.Client)[0]
	for _, chunk := range []int{1, 1000} {
		c, err := testclient.Dial(serve(t) + "/quiet")
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.SendViolation(v.Bytes(protocol.Client), chunk)
		if err != nil || !slices.Equal(got, v.Want) {
			t.Errorf("with writes of %d bytes the client receives %q with error %v, expected %q", chunk, got, err, v.Want)
		}
		c.Abort()
	}
}
