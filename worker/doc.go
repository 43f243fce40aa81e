// Package worker runs an application written in JavaScript or TypeScript: its
// events are upgrade, message and close, and fetch for plain HTTP requests.
//
//	app, err := worker.Load("chat.js", worker.Options{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(websocket.ListenAndServe(":8080", app))
//
// The script is bundled in process (esbuild), with relative imports and without a
// build step. A worker is a queue of events and an engine that handles them on a
// goroutine of its own; several workers run the script side by side. What belongs to a
// connection is held outside of the engines, in package linger; an event brings the
// script a handle of it. So an engine can be dropped at any time, for another version
// of the script, because it failed, or because there is nothing to do: the worker gets
// another one, and no connection closes.
//
// The globals of the web platform are made by package web, below internal; the
// events and WebSocketConnection by the modules in folder js.
package worker
