// Package report turns what the benchmark has found into tables and plots.
package report
