// Package worker runs applications written in JavaScript or TypeScript. Their events
// are upgrade, message and close, and fetch for plain HTTP requests.
//
//	app, err := worker.Load("chat.js", worker.Options{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(websocket.ListenAndServe(":8080", app))
//
// The script is bundled with its imports in this process, without a build step. A worker
// is a queue of events and an instance of the application, which handles them in its
// event loop. Several workers run the application at the same time. The state of a
// connection is in package linger, outside of the instances, and an event contains a
// handle of it. So a worker can replace its instance between any two turns of the script:
// at a reload, after a failure, or after a sleep. Connections stay open.
//
// An instance runs its script in a runtime. Package internal/script has the interface of
// runtimes; package internal/embedded implements it with a JavaScript engine in this
// process. Package internal/web defines the globals of the web platform, and the modules
// in folder js define the events and WebSocketConnection.
package worker
