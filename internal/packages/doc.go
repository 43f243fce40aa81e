// Package packages runs much used packages of npm in a worker: a framework with its middleware, a router, tokens, schemas
// and ids. A package that finds something missing often does not say so, but answers without a body, without a limit or
// with a refusal; these tests look at what comes back.
//
// It is a module of its own, so that go test ./... in the repository needs neither npm nor the network.
package packages
