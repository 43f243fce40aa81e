package main

import (
	"encoding/json"
	"fmt"

	"github.com/lingerws/linger/cmd/linger/internal/adminclient"
)

// clientFlags are the flags of the commands that use the admin API of a running server.
type clientFlags struct {
	Admin string `env:"LINGER_ADMIN_LISTEN" default:"${admin_address}" placeholder:"ADDRESS" help:"Admin listener of the server: HOST:PORT, a port of the loopback interface, a URL, or unix:PATH. Default: ${admin_address}."`
	Token string `env:"LINGER_ADMIN_TOKEN" placeholder:"TOKEN" help:"Token of the admin listener. LINGER_ADMIN_TOKEN keeps it out of process lists."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// client returns a client of the server.
func (f clientFlags) client() (*adminclient.Client, error) {
	return adminclient.New(f.Admin, f.Token)
}

// printJSON prints a value on one line.
func (s *streams) printJSON(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("cannot print the answer as JSON: %w", err)
	}
	s.out.printf("%s\n", text)
	return nil
}
