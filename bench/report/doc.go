// Package report stores the results of the benchmark and writes them as tables and plots.
package report
