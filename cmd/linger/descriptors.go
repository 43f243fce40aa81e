package main

import (
	"context"
	"log/slog"
)

// otherDescriptors is how many descriptors a server needs beside its connections: for its outputs and files, for what
// waits to be accepted, and for what the application asks of other servers.
const otherDescriptors = 64

// reportDescriptors logs that there can be fewer connections than --max-connections admits: as a warning if the flag was
// given, as its default is a bound and not what a server expects.
func reportDescriptors(log *slog.Logger, limit uint64, connections int, given bool) {
	level := slog.LevelDebug
	if given {
		level = slog.LevelWarn
	}
	if need := uint64(connections) + otherDescriptors; limit < need {
		log.Log(context.Background(), level, "the process may open fewer files than --max-connections needs, one for each connection: clients beyond that will not be accepted; "+
			"raise the limit (ulimit -Hn, LimitNOFILE= of systemd, or --ulimit nofile= of Docker) or give a smaller --max-connections",
			"limit", limit, "needed", need, "max_connections", connections)
	}
}
