package cluster_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/lingerws/linger/cluster"
)

// BenchmarkLogAppend measures how long a record of 4 KiB takes until it is durable, and BenchmarkCall a call to another node.
func BenchmarkLogAppend(b *testing.B) {
	b.Run("1", func(b *testing.B) {
		benchmarkAppend(b, joinForBenchmark(b, cluster.Options{Node: "a", Listen: freeAddress(b), Dir: b.TempDir(), Size: 1}))
	})
	b.Run("3", func(b *testing.B) { benchmarkAppend(b, threeForBenchmark(b)[0]) })
}

func BenchmarkCall(b *testing.B) {
	nodes := threeForBenchmark(b)
	stop, err := nodes[1].Serve("echo", func(_ string, record []byte, respond func([]byte)) { respond(record) })
	if err != nil {
		b.Fatal(err)
	}
	defer stop()
	if err := nodes[1].Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := nodes[0].Call(b.Context(), "b", "echo", make([]byte, 128)); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkAppend(b *testing.B, n *cluster.Node) {
	l := n.Log()
	last, err := l.Last(b.Context(), "x")
	if err != nil {
		b.Fatal(err)
	}
	record := make([]byte, 4<<10)
	done := make(chan error)
	for b.Loop() {
		l.Append(b.Context(), "x", record, last, func(number uint64, err error) {
			last = number
			done <- err
		})
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

func threeForBenchmark(b *testing.B) (nodes []*cluster.Node) {
	b.Helper()
	first := freeAddress(b)
	for i, name := range []string{"a", "b", "c"} {
		opts := cluster.Options{Node: name, Listen: first, Dir: b.TempDir()}
		if i > 0 {
			opts.Listen, opts.Join = freeAddress(b), []string{first}
		}
		nodes = append(nodes, joinForBenchmark(b, opts))
	}
	return nodes
}

func joinForBenchmark(b *testing.B, opts cluster.Options) *cluster.Node {
	b.Helper()
	opts.Logger = slog.New(slog.DiscardHandler)
	n, err := cluster.Join(b.Context(), opts)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := n.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return n
}
