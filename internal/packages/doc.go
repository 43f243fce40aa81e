// Package packages tests packages of npm in a worker, with what applications use of them. If an API is missing a package
// often does not report an error, but responds without a body, without a limit or with a refusal, so the tests
// check the results. docs/packages.md lists the packages; -update writes its tables.
//
// It is a separate module, so that go test ./... in the repository needs neither npm nor the network.
package packages
