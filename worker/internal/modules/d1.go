package modules

import (
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/script"
)

// d1Functions returns the functions of D1 databases.
func (t *Table) d1Functions() map[string]function {
	return map[string]function{
		// d1Batch(number, from, database, statements), with the text and the list of parameters of each statement in turn; d1Done(number, …)
		// is called later.
		"d1Batch": attempt(func(a arguments) error {
			var statements []script.D1Statement
			for list := a.at(3).List(); len(list) >= 2; list = list[2:] {
				s := script.D1Statement{SQL: list[0].String()}
				for _, v := range list[1].List() {
					s.Parameters = append(s.Parameters, parameterOf(v))
				}
				statements = append(statements, s)
			}
			return t.host.D1Batch(a.int(0), a.int(1), a.text(2), statements)
		}),
	}
}

// d1Done passes the results of a batch to the modules: for each statement the columns, the rows and the counters.
func (t *Table) d1Done(e *script.D1Done) Call {
	var results []engine.Value
	for i := range e.Results {
		one := &e.Results[i]
		var columns, rows []engine.Value
		for _, name := range one.Columns {
			columns = append(columns, engine.String(name))
		}
		for _, row := range one.Rows {
			values := make([]engine.Value, len(row))
			for i, v := range row {
				values[i] = columnValue(v)
			}
			rows = append(rows, engine.List(values...))
		}
		results = append(results, engine.List(
			engine.List(columns...), engine.List(rows...), engine.Number(float64(one.Changes)), engine.Number(float64(one.LastRowID)),
			engine.Number(float64(one.RowsRead)), engine.Number(float64(one.RowsWritten)), engine.Number(float64(one.Duration.Microseconds())/1000)))
	}
	return t.call("d1Done", engine.Int(e.Number), engine.String(e.Failure), engine.Int(e.Failed), engine.Number(float64(e.Size)), engine.List(results...))
}
