// Package spelling suggests the correct name for a misspelt one.
package spelling

import "strings"

// Nearest returns the name that is most similar to wrong, ignoring case. At most a third of the letters of wrong, or one,
// may differ. It returns an empty string if there is no such name.
func Nearest(wrong string, names []string) string {
	best, least := "", max(1, len(wrong)/3)
	for _, name := range names {
		if d := distance(strings.ToLower(wrong), strings.ToLower(name)); d <= least {
			best, least = name, d-1
		}
	}
	return best
}

// distance returns the optimal string alignment distance of a and b: the number of bytes that must be inserted, deleted,
// replaced or exchanged with the next one to turn a into b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			cost := last[j]
			if a[i] != b[j] {
				cost++
			}
			row[j+1] = min(cost, row[j]+1, last[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
