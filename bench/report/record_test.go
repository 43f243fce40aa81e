package report

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/lingerws/linger/bench/load"
)

// example returns a record with three libraries, of which gws has no samples.
func example() *Record {
	r := &Record{
		Date: "2030-01-02", Command: "go run ./bench", Machine: "an abacus", Rounds: 3, Seconds: 1,
		Libraries: []Library{{Subject, "Linger", "1"}, {"bun", "Bun <3", "2"}, {"gws", "gws", "3"}},
		Works: []Work{
			{Name: "echo1", Label: "echo", Unit: "message", Work: load.Work{Kind: load.Echo}},
			{Name: "paced", Label: "paced echo", Unit: "message", Work: load.Work{Kind: load.Paced}},
			{Name: "idle", Label: "idle", Unit: "connection", Work: load.Work{Kind: load.Idle}},
			{Name: "conns1", Label: "one", Unit: "message", Axis: Connections, At: 1000},
			{Name: "conns5", Label: "five", Unit: "message", Axis: Connections, At: 5000},
			{Name: "cores2", Label: "two cores", Unit: "message", Axis: Cores, At: 2},
		},
	}
	for i := range 3 {
		cpu := time.Duration(i+1) * time.Millisecond
		s := load.Sample{Units: 1000, Wall: time.Second, CPU: cpu, P99: 10 * cpu}
		for _, work := range []string{"echo1", "paced", "conns1", "conns5", "cores2"} {
			r.Add(work, Subject, s)
			double := s
			double.CPU *= 2
			r.Add(work, "bun", double)
		}
		r.Add("idle", Subject, load.Sample{Units: 10, Bytes: 15_210})
	}
	return r
}

func TestRecordReadWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.json")
	r := example()
	if err := r.Write(file); err != nil {
		t.Fatal(err)
	}
	again, err := Read(file)
	if err != nil || !reflect.DeepEqual(r, again) {
		t.Errorf("Read returns %+v, %v, expected the record written", again, err)
	}
	if _, err := Read(file + "x"); err == nil {
		t.Error("Read of a file that does not exist returned no error")
	}
}
