package protocol

import "testing"

func TestRoleString(t *testing.T) {
	if Server.String() != "server" || Client.String() != "client" {
		t.Errorf("String returns %q and %q", Server, Client)
	}
}
