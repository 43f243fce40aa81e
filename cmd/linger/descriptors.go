package main

import (
	"context"
	"log/slog"
)

// otherDescriptors is the number of descriptors that a server needs in addition to one for each connection: for its
// outputs and files, for connections that are being accepted, and for the application's own requests.
const otherDescriptors = 64

// reportDescriptors logs if the process may have fewer descriptors than --max-connections needs. It logs a warning if the
// flag was given, and a debug line otherwise: the default is only an upper bound.
func reportDescriptors(log *slog.Logger, limit uint64, connections int, given bool) {
	level := slog.LevelDebug
	if given {
		level = slog.LevelWarn
	}
	if need := uint64(connections) + otherDescriptors; limit < need {
		log.Log(context.Background(), level, "the limit of open files is too low for --max-connections, as each connection needs one: connections beyond the limit will not be accepted; "+
			"raise it (ulimit -Hn, LimitNOFILE= in systemd, --ulimit nofile= in Docker) or give a smaller --max-connections",
			"limit", limit, "needed", need, "max_connections", connections)
	}
}
