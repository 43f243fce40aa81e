package main

import "github.com/lingerws/linger/worker"

// egressFlags say what the application may ask of other servers.
type egressFlags struct {
	Egress       []egressRule `placeholder:"TARGET=allow|deny" help:"What the application may reach with fetch and WebSockets: an address, a network such as 10.0.0.0/8, a host name, *.example.com, or * for everything. The first that fits decides; everything is allowed that none fits. May be repeated."`
	FetchTimeout duration     `default:"30s" help:"Time that a fetch, or the opening of a WebSocket, may take."`
	MaxFetches   int          `default:"64" help:"Fetches of a worker that are on their way at a time; 256 more wait."`
	MaxSockets   int          `default:"256" help:"WebSockets that a worker may have open to other servers."`
}

// egressRule allows or denies something.
type egressRule worker.EgressRule

// UnmarshalText reads a rule of the command line or of the configuration file. A wrong one
// is thus an error of theirs.
func (r *egressRule) UnmarshalText(text []byte) error {
	rule, err := worker.ParseEgressRule(string(text))
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
