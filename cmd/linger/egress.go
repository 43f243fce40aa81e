package main

import "github.com/lingerws/linger/worker"

// egressFlags are the flags for the application's requests to other servers.
type egressFlags struct {
	Egress       []egressRule `merge:"first" placeholder:"TARGET=allow|deny" reload:"live" help:"Rule for fetch and outgoing WebSockets. TARGET is an address, a network such as 10.0.0.0/8, a host name, *.example.com, or * for everything. The first rule that matches applies; without a match the request is allowed. May be repeated."`
	FetchTimeout duration     `default:"30s" reload:"live" help:"Maximum time until the header of the answer to a fetch arrives, and without progress of its body; also for the opening handshake of an outgoing WebSocket."`
	MaxFetches   int          `default:"64" reload:"live" help:"Concurrent fetches of each worker that wait for a response. Up to 256 more are queued or receive a body."`
	MaxSockets   int          `default:"256" reload:"live" help:"Outgoing WebSockets that each worker may have open."`
}

// egressRule is a rule for outgoing connections, as a flag value.
type egressRule worker.EgressRule

// UnmarshalText implements encoding.TextUnmarshaler, for kong.
func (r *egressRule) UnmarshalText(text []byte) error {
	rule, err := worker.ParseEgressRule(string(text))
	*r = egressRule(rule)
	return err
}

// String returns the rule as UnmarshalText reads it.
func (r egressRule) String() string { return worker.EgressRule(r).String() }

func egressRules(given []egressRule) []worker.EgressRule {
	list := make([]worker.EgressRule, 0, len(given))
	for _, r := range given {
		list = append(list, worker.EgressRule(r))
	}
	return list
}

// warnOfEgress adds a warning if there are rules, and a runtime that opens connections itself.
func (c *runCommand) warnOfEgress() {
	if len(c.Egress) > 0 && c.Runtime != "" && c.Runtime != embedded {
		c.configWarnings = append(c.configWarnings, configWarning{
			"egress rules apply to WebSockets only: the runtime opens other connections itself", []any{"runtime", string(c.Runtime)},
		})
	}
}
