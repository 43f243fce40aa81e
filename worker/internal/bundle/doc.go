// Package bundle makes one script of an application's module and everything it imports, with
// esbuild in this process. It maps positions in the script to the source files, explains why an
// application cannot be bundled, and formats problems together with the source lines.
package bundle
