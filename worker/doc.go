// Package worker runs an application written in JavaScript or TypeScript: its
// events are upgrade, message and close, and fetch for plain HTTP requests.
//
//	app, err := worker.Load("chat.js", worker.Options{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(http.ListenAndServe(":8080", app))
//
// The script is bundled in process (esbuild), with relative imports and without a
// build step, and runs in one engine on one goroutine, the worker. What belongs to
// a connection is held outside of the engine, in package linger; an event brings
// the script a handle of it. An engine that runs out of memory is thus replaced
// and no connection closes.
//
// The globals of the web platform are made by package web, below internal; the
// events and WebSocketConnection by the modules in folder js.
package worker
