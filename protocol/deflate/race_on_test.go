//go:build race

package deflate

// poolAllocs is the number of allocations per call that a pool may cause. With the race
// detector sync.Pool drops one state in four, and each has about 30 allocations.
const poolAllocs = 30
