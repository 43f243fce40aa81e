package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/lingerws/linger/admin"
)

// workersCommand lists the workers of a running server.
type workersCommand struct {
	clientFlags `embed:""`
}

// Run prints the workers.
func (c *workersCommand) Run(out *streams) error {
	var answer struct {
		Workers []admin.Worker `json:"workers"`
	}
	if err := c.request(http.MethodGet, "/v1/workers", nil, nil, &answer); err != nil {
		return err
	}
	list := newTable("WORKER", "STATE", "GENERATION", "PROCESS", "CONNECTIONS", "OBJECTS", "EVENTS", "FAILURES", "REASON")
	for _, one := range answer.Workers {
		if c.JSON {
			if err := out.printJSON(one); err != nil {
				return err
			}
			continue
		}
		process := ""
		if one.Process != 0 {
			process = strconv.Itoa(one.Process)
		}
		list.row(one.Worker, one.State, one.Generation, orDash(process), one.Connections, one.Objects, one.Events, one.Failures, orDash(one.Reason))
	}
	if !c.JSON {
		out.out.printf("%s", list)
	}
	return nil
}

// failuresCommand lists the last failures of the application of a running server.
type failuresCommand struct {
	Limit       int `default:"20" short:"n" help:"Maximum number of failures, at most 100."`
	clientFlags `embed:""`
}

// Run prints the failures, the last one first.
func (c *failuresCommand) Run(out *streams) error {
	var answer struct {
		Failures []admin.Entry `json:"failures"`
	}
	query := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	if err := c.request(http.MethodGet, "/v1/failures", query, nil, &answer); err != nil {
		return err
	}
	list := newTable("LAST", "COUNT", "EVENT", "AT", "FAILURE")
	for _, one := range answer.Failures {
		if c.JSON {
			if err := out.printJSON(one); err != nil {
				return err
			}
			continue
		}
		text, _, _ := strings.Cut(one.Text, "\n")
		list.row(one.Last.Local().Format(time.DateTime), one.Count, orDash(one.Event), orDash(one.At), text)
	}
	if !c.JSON {
		out.out.printf("%s", list)
	}
	return nil
}

// statusCommand shows the state of a running server.
type statusCommand struct {
	clientFlags `embed:""`
}

// Run prints the state.
func (c *statusCommand) Run(out *streams) error {
	var one admin.Status
	if err := c.request(http.MethodGet, "/v1/status", nil, nil, &one); err != nil {
		return err
	}
	if c.JSON {
		return out.printJSON(&one)
	}
	state := one.State
	if len(one.Reasons) > 0 {
		state += ": " + strings.Join(one.Reasons, ", ")
	}
	details := newTable("state", state)
	details.row("connections", one.Connections)
	details.row("application", orDash(one.App))
	details.row("generation", one.Generation)
	details.row("runtime", orDash(one.Runtime))
	details.row("node", one.Node)
	details.row("version", one.Version)
	details.row("process", one.PID)
	details.row("started", one.Started.Local().Format(time.DateTime)+", "+secondsText(time.Since(one.Started).Seconds())+" ago")
	out.out.printf("%s", details)
	return nil
}
