package script

import "time"

// D1Requests are the functions of D1 databases.
type D1Requests interface {
	// D1Batch runs statements in one transaction. The answer is a [D1Done] event with the same number. from is the number of the object that
	// sends them, 0 for none. The error, a *[Throw], means that too much is in progress.
	D1Batch(number, from int, database string, statements []D1Statement) error
}

// D1Statement is a statement with its parameters, each nil, a float64, a string or a []byte.
type D1Statement struct {
	SQL        string
	Parameters []any
}

// D1Result is the result of a statement. Values are nil, an int64, a float64, a string or a []byte.
type D1Result struct {
	Columns []string
	Rows    [][]any

	Changes, LastRowID, RowsRead, RowsWritten int64
	Duration                                  time.Duration
}

// D1Done is the answer to a [D1Requests.D1Batch], when what it has written is durable.
type D1Done struct {
	Number  int
	Failure string // "" for none
	Failed  int    // the number of the statement that has failed, counted from 0
	Results []D1Result
	Size    int64 // the size of the database in bytes
}

func (*D1Done) isEvent() {}
