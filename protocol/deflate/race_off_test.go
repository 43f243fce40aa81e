//go:build !race

package deflate

// poolAllocs is the number of allocations per call that a pool may cause.
const poolAllocs = 0
