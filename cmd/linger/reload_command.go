package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"strings"
)

// reloadCommand reloads a running server.
type reloadCommand struct {
	clientFlags `embed:""`
}

// Run sends the request and prints what has changed.
func (c *reloadCommand) Run(out *streams) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var report reloadReport
	if err := client.Do(ctx, http.MethodPost, "/v1/reload", nil, nil, &report); err != nil {
		return err
	}
	if c.JSON {
		return out.printJSON(report)
	}
	out.out.printf("reloaded\n")
	if len(report.Changed) > 0 {
		out.out.printf("settings changed: %s\n", strings.Join(report.Changed, " "))
	}
	if len(report.Restart) > 0 {
		out.out.printf("settings that keep their values until the next start: %s\n", strings.Join(report.Restart, " "))
	}
	return nil
}
