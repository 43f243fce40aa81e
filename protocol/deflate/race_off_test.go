//go:build !race

package deflate

// poolLoses is how much a pool may allocate anew in the steady state: nothing.
const poolLoses = 0
