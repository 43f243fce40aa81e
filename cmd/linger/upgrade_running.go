package main

import (
	"context"
	"net"
)

// transferable returns what an upgrade hands over.
func (r *running) transferable() transferable {
	return staying{server: r.app.Server(), reason: "not yet"}
}

// handoverFlags returns the flags for upgrades in force.
func (r *running) handoverFlags() handoverFlags { return r.current.Load().handoverFlags }

// receive takes over from an old process.
func (r *running) receive(ctx context.Context, link *net.UnixConn, old *predecessor) error {
	return receiveListeners(ctx, link, old)
}

// retryReload reloads after an upgrade has failed, if a reload was refused because of it.
func (r *running) retryReload() {}

// reasonProxy is why the connections of a proxy do not move.
const reasonProxy = "the connections of linger proxy stay in the old process until they end"

// transferable returns what an upgrade hands over.
func (r *runningProxy) transferable() transferable {
	return staying{server: drainableProxy{r.proxy}, reason: reasonProxy}
}

// handoverFlags returns the flags for upgrades in force.
func (r *runningProxy) handoverFlags() handoverFlags { return r.current.Load().handoverFlags }

// receive takes over from an old process.
func (r *runningProxy) receive(ctx context.Context, link *net.UnixConn, old *predecessor) error {
	return receiveListeners(ctx, link, old)
}
