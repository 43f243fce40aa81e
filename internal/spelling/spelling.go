// Package spelling finds what a misspelt name stands for.
package spelling

import "strings"

// Nearest returns the one of several names that a wrong one stands for most likely: at most a third of its letters, or
// one, differ, in any case. It returns "" if there is none.
func Nearest(wrong string, names []string) string {
	best, least := "", max(1, len(wrong)/3)
	for _, name := range names {
		if d := distance(strings.ToLower(wrong), strings.ToLower(name)); d <= least {
			best, least = name, d-1
		}
	}
	return best
}

// distance returns how many bytes have to be added, left out or replaced to make one word of another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
