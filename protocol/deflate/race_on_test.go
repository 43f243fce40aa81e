//go:build race

package deflate

// poolLoses is how much a pool may allocate anew in the steady state: the race
// detector has sync.Pool drop one state in four, of some 30 allocations.
const poolLoses = 30
