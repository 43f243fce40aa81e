// Package bundle makes one script of an application's module and everything it imports: with
// esbuild, in process. It maps positions in that script to the source files, explains why an
// application cannot be bundled, and formats problems with the lines of source they are about.
package bundle
