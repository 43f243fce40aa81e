// Package admin serves the administration of a [linger.Server] over HTTP: its state, its connections, messages to them, live events,
// and a dashboard. docs/admin-api.md describes the routes.
//
// A [Recorder] observes the server from its start, through its traces. [New] returns the handler that reports what was recorded:
//
//	recorder := admin.NewRecorder()
//	server := linger.NewServer(app, linger.Options{Trace: recorder.Trace(), Stats: true})
//	handler := admin.New(admin.Options{Server: server, Recorder: recorder})
//
// The handler controls the server: who can send requests to it can read all messages and close all connections. It belongs on a
// loopback address or a Unix socket, or needs Options.Token.
package admin
