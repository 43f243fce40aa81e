package worker_test

import (
	"fmt"
	"testing"
	"time"
)

// failingRoom has an alarm whose handler throws as often as its name says, and methods that set and delete the alarm.
const failingRoom = `
	calls = 0;
	async alarm({ retryCount }) {
		console.log("call", retryCount);
		if (this.calls++ < Number(this.ctx.id.name)) throw new Error("again");
	}
	async set(time) { await this.ctx.storage.setAlarm(Number(time)); }
	async unset() { await this.ctx.storage.deleteAlarm(); }
	async left() { return (await this.ctx.storage.getAlarm()) !== null; }`

// after returns the time after a duration in milliseconds, as a text. The clock of a script is not that of a bubble.
func after(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).UnixMilli()) }

func TestObjectAlarm(t *testing.T) {
	t.Parallel()
	t.Run("a handler that throws is called 7 times, after pauses that double, and then the alarm is given up", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			opts := storageOptions("")
			opts.SleepAfter = time.Hour
			a := serveInMemory(t, roomOf(failingRoom), opts)
			a.get("/100/set/"+after(time.Millisecond), 200, "null")
			for _, c := range []struct {
				pause time.Duration
				calls int
			}{{time.Second, 1}, {2 * time.Second, 2}, {4 * time.Second, 3}, {8 * time.Second, 4}, {16 * time.Second, 5}, {32 * time.Second, 6}, {64 * time.Second, 7}, {time.Hour, 7}} {
				time.Sleep(c.pause)
				if n := a.stdout.count("call"); n != c.calls {
					t.Errorf("after another %v the handler was called %d times; got %d", c.pause, c.calls, n)
				}
			}
			a.stdout.line(t, "call 6")
			a.log.line(t, "alarm given up")
			a.get("/100/left", 200, "false")
		})
	})
	t.Run("an alarm that is set while a failed one waits replaces it, and remains until its time", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			opts := storageOptions("")
			opts.SleepAfter = time.Hour
			a := serveInMemory(t, roomOf(failingRoom), opts)
			a.get("/1/set/"+after(time.Millisecond), 200, "null")
			a.stdout.line(t, "call 0")
			a.log.line(t, "alarm failed")
			a.get("/1/set/"+after(10*time.Minute), 200, "null")
			time.Sleep(9 * time.Minute)
			a.get("/1/left", 200, "true")
			time.Sleep(2 * time.Minute)
			a.stdout.line(t, "call 0")
			a.get("/1/left", 200, "false")
			if n := a.stdout.count("call"); n != 2 {
				t.Errorf("the handler is called once for each alarm; it was called %d times", n)
			}
		})
	})
	t.Run("an alarm that is deleted while a failed one waits is not delivered", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			opts := storageOptions("")
			opts.SleepAfter = time.Hour
			a := serveInMemory(t, roomOf(failingRoom), opts)
			a.get("/1/set/"+after(time.Millisecond), 200, "null")
			a.stdout.line(t, "call 0")
			a.log.line(t, "alarm failed")
			a.get("/1/unset", 200, "null")
			time.Sleep(time.Hour)
			if n := a.stdout.count("call"); n != 1 {
				t.Errorf("the handler is not called again; it was called %d times", n)
			}
		})
	})
}

func TestObjectSQLCursors(t *testing.T) {
	t.Parallel()
	a := serve(t, roomOf(`
		open(n) {
			const { sql } = this.ctx.storage;
			this.kept = [];
			for (let i = 0; i < n; i++) this.kept.push(sql.exec("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"));
			return this.kept.length;
		}
		read() { return this.kept.splice(0).map((cursor) => cursor.toArray().length).reduce((a, b) => a + b, 0); }`), storageOptions(""))
	a.get("/one/open/1000", 200, "1000")
	a.get("/one/open/1", 500, "RangeError: too many SQL cursors were not read to their end: read them, or use toArray()")
	b := serve(t, roomOf(`
		read() {
			const { sql } = this.ctx.storage;
			let rows = 0;
			for (let i = 0; i < 1001; i++) rows += sql.exec("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3").toArray().length;
			return rows;
		}`), storageOptions(""))
	b.get("/one/read", 200, "3003")
}
