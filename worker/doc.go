// Package worker runs an application written in JavaScript or TypeScript: its
// events are upgrade, message and close, and fetch for plain HTTP requests.
//
//	app, err := worker.Load("chat.js", worker.Options{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(websocket.ListenAndServe(":8080", app))
//
// The script is bundled in process, with its imports and without a build step. A
// worker is a queue of events, and an instance of the application that handles them in
// its event loop; several workers run the application at the same time. The state of a
// connection is in package linger, outside of the instances; an event contains a handle
// of it. So a worker can replace its instance between any two turns of the script: by
// another version, after a failure, or after a time of sleep. Connections stay open.
//
// An instance runs its script in a runtime, of which package script, below internal, has
// the interface. Package embedded implements it with a JavaScript engine in this process.
// The globals of the web platform are defined by package web; the events and
// WebSocketConnection by the modules in folder js.
package worker
