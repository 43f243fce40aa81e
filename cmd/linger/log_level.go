package main

import (
	"net/http"

	"github.com/lingerws/linger/cmd/linger/internal/adminclient"
)

// logLevelCommand prints or changes the level of the log of a running server.
type logLevelCommand struct {
	Level string `arg:"" optional:"" help:"The new level: debug, info, warn or error. It holds until the next start, or a reload with another level in the configuration."`

	clientFlags `embed:""`
}

// Run prints the level that is in force.
func (c *logLevelCommand) Run(out *streams) error {
	type level struct {
		Level string `json:"level"`
	}
	method, body := http.MethodGet, (*adminclient.Body)(nil)
	if c.Level != "" {
		method, body = http.MethodPut, adminclient.JSON(level{c.Level})
	}
	var now level
	if err := c.request(method, "/v1/log", nil, body, &now); err != nil {
		return err
	}
	if c.JSON {
		return out.printJSON(now)
	}
	out.out.printf("%s\n", now.Level)
	return nil
}
