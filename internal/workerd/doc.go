// Package workerd compares Linger with workerd, the runtime of the Workers platform. The files of testdata/rows have one
// behaviour per row: a script, a conversation with it, and the answers of workerd. The test plays each row on both runtimes, with
// the same project, and compares the answers. A row may describe how the answers of Linger differ, and why.
//
//	go test                     plays all rows, and prints the table
//	go test -run 'Rows/gates'   plays the rows of testdata/rows/gates.md
//	go test -update             writes the answers into the rows, those of Linger only where they may differ, and the tables of docs/workerd.md
//
// It is a separate module, so that go test ./... in the repository needs neither npm nor the network.
package workerd
