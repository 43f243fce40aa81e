// Package repo tests the repository itself: the imports of each package, the length of
// files, and the pages, headings and tests that the documentation refers to.
package repo

// Root is the path of the repository relative to this folder, in which go test runs the
// tests.
const Root = "../.."
