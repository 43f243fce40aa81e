package proxyends

import "testing"

func TestRun(t *testing.T) {
	backend, err := NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	Run(t, backend, tunnel(t, backend.Addr()), []Case{caseNamed("messages of the client after the backend's Close")})
}
