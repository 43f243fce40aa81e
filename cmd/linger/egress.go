package main

import (
	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/worker"
)

// egressFlags say what the application may ask of other servers.
type egressFlags struct {
	Egress       []egressRule `placeholder:"TARGET=allow|deny" help:"What the application may reach with fetch and WebSockets: an address, a network such as 10.0.0.0/8, a host name, *.example.com, or * for everything. The first that fits decides; everything is allowed that none fits. May be repeated."`
	FetchTimeout duration     `default:"30s" help:"Time that a fetch, or the opening of a WebSocket, may take."`
	MaxFetches   int          `default:"64" help:"Fetches of a worker that are on their way at a time; 256 more wait."`
	MaxSockets   int          `default:"256" help:"WebSockets that a worker may have open to other servers."`
}

// egressRule allows or denies something.
type egressRule worker.EgressRule

// Decode reads a rule for kong. A wrong one is thus an error of the command line.
func (r *egressRule) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("rule", &text); err != nil {
		return err
	}
	rule, err := worker.ParseEgressRule(text)
	*r = egressRule(rule)
	return err
}

func egressRules(given []egressRule) []worker.EgressRule {
	list := make([]worker.EgressRule, 0, len(given))
	for _, r := range given {
		list = append(list, worker.EgressRule(r))
	}
	return list
}
