// Package packages tests popular npm packages in a worker: a framework with its middleware, a router, tokens, schemas and
// ids. If an API is missing a package often does not report an error, but responds without a body, without a limit or with
// a refusal. These tests therefore check the responses.
//
// It is a separate module, so that go test ./... in the repository needs neither npm nor the network.
package packages
