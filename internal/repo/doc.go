// Package repo tests the repository itself: which package imports which, how long files
// are, and whether the documentation refers to pages, headings and tests that exist.
package repo

// Root is the path of the repository from this folder, where go test runs the tests.
const Root = "../.."
