package storage_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/cluster"
	"github.com/lingerws/linger/internal/replica"
	"github.com/lingerws/linger/worker/internal/storage"
)

// serverLog returns the log of a cluster of so many embedded servers in this process.
func serverLog(b *testing.B, servers int) replica.Log {
	b.Helper()
	var addresses []string
	for range servers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		addresses = append(addresses, l.Addr().String())
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
	var log replica.Log
	for i, address := range addresses {
		node, err := cluster.Join(context.Background(), cluster.Options{
			Node: fmt.Sprint("n", i), Listen: address, Join: addresses[:min(i, 1)], Size: servers, Dir: b.TempDir(), Secret: "bench",
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = node.Close(context.Background()) })
		log = node.Log()
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if _, err := log.Last(context.Background(), "0/Room/none"); err == nil {
			return log
		} else if time.Now().After(end) {
			b.Fatal(err)
		}
	}
}

// takeForBench takes an object on a new node, and returns its storage.
func takeForBench(b *testing.B, log replica.Log, sync bool) (*storage.Object, *replica.Shipper) {
	b.Helper()
	store, err := storage.Open(b.TempDir(), storage.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	o, err := store.Object("Room", "1")
	if err != nil {
		b.Fatal(err)
	}
	if log == nil {
		return o, nil
	}
	shipper := replica.NewShipper(replica.Options{Log: log, Node: "a", Sync: sync})
	r, err := store.Replica("Room", "1")
	if err == nil {
		err = r.Open()
	}
	if err != nil {
		b.Fatal(err)
	}
	ship, err := shipper.Take(context.Background(), "0/Room/1", uint64(time.Now().UnixNano()), r) //nolint:gosec // a token
	if err = errors.Join(err, r.Close()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ship.Close(replica.ErrClosed) })
	o.ShipTo(ship)
	return o, shipper
}

func commitForBench(b *testing.B, o *storage.Object, key string, value []byte) {
	done := make(chan error, 1)
	if err := o.Put(storage.Pair{Key: key, Value: value}); err != nil {
		b.Fatal(err)
	}
	if _, err := o.Commit(func(err error) { done <- err }); err != nil {
		b.Fatal(err)
	}
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReplicaCommit measures the time from a commit to its acknowledgement, one after the other.
func BenchmarkReplicaCommit(b *testing.B) {
	for _, bench := range []struct {
		name string
		log  func(*testing.B) replica.Log
		sync bool
	}{
		{"alone", func(*testing.B) replica.Log { return nil }, false},
		{"async, one server", func(b *testing.B) replica.Log { return serverLog(b, 1) }, false},
		{"sync, one server", func(b *testing.B) replica.Log { return serverLog(b, 1) }, true},
		{"sync, three servers", func(b *testing.B) replica.Log { return serverLog(b, 3) }, true},
	} {
		b.Run(bench.name, func(b *testing.B) {
			o, shipper := takeForBench(b, bench.log(b), bench.sync)
			value := make([]byte, 100)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				commitForBench(b, o, fmt.Sprint("key ", i%1000), binary.LittleEndian.AppendUint64(value[:92], uint64(i))) //nolint:gosec // not negative
			}
			b.StopTimer()
			if shipper != nil {
				status := shipper.Status()
				b.ReportMetric(float64(status.Bytes)/float64(b.N), "log-bytes/op")
			}
		})
	}
}

// BenchmarkReplicaRestore measures the time in which another node takes a database of so many megabytes from the log.
func BenchmarkReplicaRestore(b *testing.B) {
	for _, megabytes := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(megabytes, " MB"), func(b *testing.B) {
			log := serverLog(b, 1)
			o, shipper := takeForBench(b, log, false)
			value := make([]byte, 1<<20)
			for i := range megabytes {
				for j := range value {
					value[j] = byte(j * (i + 7) >> 3)
				}
				commitForBench(b, o, fmt.Sprint(i), value)
			}
			for shipper.Status().Waiting > 0 {
				time.Sleep(10 * time.Millisecond)
			}
			b.ResetTimer()
			for range b.N {
				takeForBench(b, log, false)
			}
		})
	}
}
