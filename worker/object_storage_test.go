package worker_test

import (
	"testing"

	"github.com/lingerws/linger/worker"
)

// storageOptions are the options of applications whose class Room has the binding ROOM.
func storageOptions(data string) worker.Options {
	return worker.Options{
		Data:     data,
		Bindings: worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "ROOM", Class: "Room"}}},
	}
}

// roomOf returns an application whose requests call the method of an object that the path names, with its name before it.
func roomOf(methods string) string {
	return `
	import { DurableObject } from "cloudflare:workers";
	export class Room extends DurableObject {` + methods + `}
	export default {
		async fetch(request, env) {
			const [, name, method, argument] = new URL(request.url).pathname.split("/");
			try {
				return Response.json((await env.ROOM.getByName(name)[method](argument)) ?? null);
			} catch (error) {
				return new Response(String(error), { status: 500 });
			}
		},
	};`
}

const countingRoom = `
	async count() {
		const n = ((await this.ctx.storage.get("n")) ?? 0) + 1;
		await this.ctx.storage.put("n", n);
		return n;
	}
	sum(to) {
		const { sql } = this.ctx.storage;
		sql.exec("CREATE TABLE IF NOT EXISTS t (n INTEGER)");
		for (let n = 1; n <= to; n++) sql.exec("INSERT INTO t VALUES (?)", n);
		return [sql.exec("SELECT sum(n) AS sum FROM t").one().sum, sql.exec("SELECT n FROM t").toArray().length];
	}
	loop() {
		this.ctx.storage.put("n", 1000);
		while (true);
	}
	endlessSQL() {
		this.ctx.storage.put("n", 3000);
		this.ctx.storage.sql.exec("WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c").one();
	}
	failing() {
		this.ctx.storage.put("n", 2000);
		throw new Error("after the write");
	}
	async alarm() {
		this.ctx.storage.put("alarms", ((await this.ctx.storage.get("alarms")) ?? 0) + 1);
		console.log("alarm of", this.ctx.id.name);
	}
	async wake(delay) {
		await this.ctx.storage.setAlarm(Date.now() + Number(delay));
		return await this.ctx.storage.getAlarm() > 0;
	}
	async alarms() { return [await this.ctx.storage.get("alarms"), await this.ctx.storage.getAlarm()]; }`

func TestObjectStorage(t *testing.T) {
	t.Parallel()
	t.Run("survives a reload, and a restart of the process", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		a := serve(t, roomOf(countingRoom), storageOptions(data))
		a.get("/one/count", 200, "1")
		a.get("/one/count", 200, "2")
		a.get("/two/count", 200, "1")
		if got := a.Storage(); got.Commits < 3 || got.Syncs == 0 || got.Databases == 0 {
			t.Errorf("after three writes that were acknowledged the status of the storage is %+v", got)
		}
		a.reload(roomOf(countingRoom))
		a.get("/one/count", 200, "3")
		a.get("/one/sum/1000", 200, "[500500,1000]")
		if err := a.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		b := serve(t, roomOf(countingRoom), storageOptions(data))
		b.get("/one/count", 200, "4")
		b.get("/one/sum/0", 200, "[500500,1000]")
		b.get("/two/count", 200, "2")
	})
	t.Run("writes of a turn that is interrupted are undone, and those of a turn that throws are kept", func(t *testing.T) {
		t.Parallel()
		opts := storageOptions("")
		opts.EventTimeout = loopTimeout
		a := serve(t, roomOf(countingRoom), opts)
		a.get("/one/count", 200, "1")
		if got := a.do("GET", "/one/loop", ""); got.StatusCode != 500 && got.StatusCode != 504 { // 504 if the event of the request is late, too
			t.Errorf("the call fails; got %d %q", got.StatusCode, got.body)
		}
		a.get("/one/count", 200, "2")
		if got := a.do("GET", "/one/endlessSQL", ""); got.StatusCode != 500 {
			t.Errorf("the call of an endless statement fails; got %d %q", got.StatusCode, got.body)
		}
		a.get("/one/count", 200, "3")
		a.get("/one/failing", 500, "Error: after the write")
		a.get("/one/count", 200, "2001")
	})
	t.Run("alarms wake an object", func(t *testing.T) {
		t.Parallel()
		a := serve(t, roomOf(countingRoom), storageOptions(""))
		a.get("/one/wake/50", 200, "true")
		a.stdout.line(t, "alarm of one")
		a.get("/one/alarms", 200, "[1,null]")
	})
	t.Run("alarms wake an object after a restart, with its name", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		a := serve(t, roomOf(countingRoom), storageOptions(data))
		a.get("/one/wake/2000", 200, "true")
		if err := a.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		b := serve(t, roomOf(countingRoom), storageOptions(data))
		b.stdout.line(t, "alarm of one")
		b.get("/one/alarms", 200, "[1,null]")
	})
}
