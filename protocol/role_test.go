package protocol

import "testing"

func TestRoleWords(t *testing.T) {
	if Server.String() != "server" || Client.String() != "client" {
		t.Errorf("the roles are called %q and %q", Server, Client)
	}
}
