package proxyends

import "testing"

func TestRunPlaysACase(t *testing.T) {
	backend, err := NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	Run(t, backend, tunnel(t, backend.Addr()), []Case{named("messages of the client behind the backend's Close")})
}
