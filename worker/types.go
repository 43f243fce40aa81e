package worker

import _ "embed" // for the types

//go:embed linger.d.ts
var types string

// Types returns the types of everything that a script has, as a file of TypeScript: linger.d.ts.
func Types() string { return types }
