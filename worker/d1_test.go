package worker_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// d1Options are the options of an application with a D1 database.
func d1Options(t *testing.T) worker.Options {
	t.Helper()
	return worker.Options{Data: filepath.Join(t.TempDir(), "data"), Bindings: worker.Bindings{D1: []worker.D1Database{{Name: "DB", ID: "one"}}}}
}

// d1Script has a fetch method that answers with the outcomes of calls(DB), one on each line: results as JSON, without the parts of meta that
// depend on time and pages.
func d1Script(calls string) string {
	return `
		const shown = (key, value) => key === "meta" ? { changes: value.changes, last_row_id: value.last_row_id, changed_db: value.changed_db } : key === "duration" ? undefined : value;
		async function outcome(call) {
			try {
				return JSON.stringify(await call(), shown);
			} catch (error) {
				return error.name + " " + error.message + (error.cause ? " / " + error.cause.message : "");
			}
		}
		export default { async fetch(request, { DB }) {
			const lines = [];
			for (const call of [` + calls + `]) lines.push(await outcome(call));
			return new Response(lines.join("\n"));
		} };`
}

// The results and the texts of errors are those of D1 in the Workers runtime (miniflare 4).
func TestD1(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		calls string
		want  []string
	}{
		{"statements", `
			() => DB.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n REAL, b BLOB)\nINSERT INTO t (name) VALUES ('x')"),
			() => DB.prepare("INSERT INTO t (name, n, b) VALUES (?, ?, ?)").bind("ann", 1.5, new Uint8Array([1, 2])).run(),
			() => DB.prepare("SELECT * FROM t WHERE id > ?").bind(1).all(),
			() => DB.prepare("SELECT * FROM t ORDER BY id").first(),
			() => DB.prepare("SELECT name FROM t WHERE id = 2").first("name"),
			() => DB.prepare("SELECT name FROM t WHERE id = 9").first("name"),
			() => DB.prepare("SELECT name FROM t").first("other"),
			() => DB.prepare("SELECT id, name FROM t").raw({ columnNames: true }),
			() => DB.prepare("DELETE FROM t RETURNING id").all(),`,
			[]string{
				`{"count":2}`,
				`{"success":true,"meta":{"changes":1,"last_row_id":2,"changed_db":true},"results":[]}`,
				`{"success":true,"meta":{"changes":0,"last_row_id":2,"changed_db":false},"results":[{"id":2,"name":"ann","n":1.5,"b":[1,2]}]}`,
				`{"id":1,"name":"x","n":null,"b":null}`, `"ann"`, `null`,
				"Error D1_COLUMN_NOTFOUND: Column not found (other) / Column not found",
				`[["id","name"],[1,"x"],[2,"ann"]]`,
				`{"success":true,"meta":{"changes":2,"last_row_id":2,"changed_db":true},"results":[{"id":1},{"id":2}]}`,
			},
		},
		{"a batch is one transaction", `
			() => DB.exec("CREATE TABLE t (id INTEGER PRIMARY KEY)"),
			async () => (await DB.batch([DB.prepare("INSERT INTO t VALUES (?)").bind(1), DB.prepare("SELECT id FROM t")]))[1].results,
			() => DB.batch([DB.prepare("INSERT INTO t VALUES (2)"), DB.prepare("SELECT other FROM t")]),
			() => DB.prepare("SELECT count(*) FROM t").raw(),
			() => DB.batch([]),
			() => DB.exec("INSERT INTO t VALUES (3)\nINSERT INTO t VALUES (3)"),
			() => DB.prepare("SELECT count(*) FROM t").raw(),
			() => DB.withSession("first-primary").prepare("SELECT 1 AS a").first(),`,
			[]string{
				`{"count":1}`, `[{"id":1}]`,
				"Error D1_ERROR: no such column: other at offset 7: SQLITE_ERROR / no such column: other at offset 7: SQLITE_ERROR",
				`[[1]]`, "Error D1_ERROR: No SQL statements detected. / No SQL statements detected.",
				"Error D1_EXEC_ERROR: Error in line 2: INSERT INTO t VALUES (3): UNIQUE constraint failed: t.id: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY) / " +
					"Error in line 2: INSERT INTO t VALUES (3): UNIQUE constraint failed: t.id: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)",
				`[[1]]`, `{"a":1}`,
			},
		},
		{"values", `
			() => DB.prepare("SELECT typeof(?), typeof(?), typeof(?), ?, ?").bind(1, "a", true, false, null).raw(),
			() => DB.prepare("SELECT 9007199254740993 AS big, 1e400 AS inf, 1 AS a, 2 AS a").first(),
			() => DB.prepare("SELECT hex(?), hex(?)").bind(new Uint8Array([1, 255]).buffer, [2, 3]).raw(),
			() => DB.prepare("SELECT ?").bind(undefined),
			() => DB.prepare("SELECT ?").bind({}),
			() => DB.prepare("SELECT ?").bind(1n),
			() => DB.prepare("SELECT ?, ?").bind(1).all(),`,
			[]string{
				`[["real","text","real",0,null]]`, `{"big":9007199254740992,"inf":null,"a":2}`, `[["01FF","0203"]]`,
				"Error D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined' / Type 'undefined' not supported for value 'undefined'",
				"Error D1_TYPE_ERROR: Type 'object' not supported for value '[object Object]' / Type 'object' not supported for value '[object Object]'",
				"Error D1_TYPE_ERROR: Type 'bigint' not supported for value '1' / Type 'bigint' not supported for value '1'",
				"Error D1_ERROR: Wrong number of parameter bindings for SQL query. / Wrong number of parameter bindings for SQL query.",
			},
		},
		{"forbidden statements", `
			() => DB.prepare("ATTACH 'x' AS y").run(),
			() => DB.prepare("").all(),
			async () => (await outcome(() => DB.prepare("BEGIN").run())).slice(0, 40),
			() => DB.prepare("PRAGMA journal_mode").all(),
			async () => (await outcome(() => DB.dump())).slice(0, 40),`,
			[]string{
				"Error D1_ERROR: not authorized: SQLITE_AUTH / not authorized: SQLITE_AUTH", "Error D1_ERROR: No SQL statements detected. / No SQL statements detected.",
				`"Error D1_ERROR: To execute a transaction"`, "Error D1_ERROR: not authorized: SQLITE_AUTH / not authorized: SQLITE_AUTH", `"Error D1_DUMP_ERROR: dump() is not avail"`,
			},
		},
		{"results that are too large", `
			() => DB.prepare("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 40) SELECT zeroblob(1000000) FROM r").all(),
			() => DB.prepare("SELECT 1 AS a").first("a"),`,
			[]string{"Error D1_ERROR: the result has more than 33554432 bytes: select fewer rows / the result has more than 33554432 bytes: select fewer rows", "1"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, d1Script(c.calls), d1Options(t))
			got := strings.Split(a.do("GET", "/", "").body, "\n")
			if len(got) != len(c.want) {
				t.Fatalf("there are %d outcomes; got %q", len(c.want), got)
			}
			for i, want := range c.want {
				if got[i] != want {
					t.Errorf("outcome %d is\n%s; got\n%s", i, want, got[i])
				}
			}
		})
	}
}

func TestD1IsSharedByWorkersAndSurvives(t *testing.T) {
	t.Parallel()
	opts := d1Options(t)
	opts.Workers = 3
	const script = `export default { async fetch(request, { DB }) {
		if (request.method === "POST") await DB.exec("CREATE TABLE t (n)");
		await DB.prepare("INSERT INTO t VALUES (1)").run();
		return new Response(await DB.prepare("SELECT count(*) AS n FROM t").first("n"));
	} };`
	a := serve(t, script, opts)
	a.do("POST", "/", "")
	for _, want := range []string{"2", "3", "4"} {
		a.get("/", 200, want)
	}
	if err := a.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	serve(t, script, opts).get("/", 200, "5")
}

// Batches beyond the limit of those that wait are refused, and the others are run.
func TestD1Overload(t *testing.T) {
	engineOnly(t, callsInTurn)
	t.Parallel()
	a := serve(t, `export default { async fetch(request, { DB }) {
		await DB.exec("CREATE TABLE t (n)");
		const slow = DB.prepare("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 2000000) SELECT count(*) FROM r").first();
		const all = await Promise.allSettled(Array.from({ length: 1500 }, () => DB.prepare("INSERT INTO t VALUES (1)").run()));
		await slow;
		const failed = all.filter(({ status }) => status === "rejected");
		const stored = await DB.prepare("SELECT count(*) AS n FROM t").first("n");
		return Response.json([failed.length > 0, failed[0]?.reason.message, stored === 1500 - failed.length]);
	} };`, d1Options(t))
	a.get("/", 200, `[true,"D1_ERROR: D1 DB is overloaded. Too many requests queued.",true]`)
}

func TestD1Migrations(t *testing.T) {
	t.Parallel()
	opts := d1Options(t)
	folder := t.TempDir()
	opts.Bindings.D1[0].Migrations = folder
	writeIn(t, folder, "0001_first.sql", "CREATE TABLE t (a); INSERT INTO t VALUES (1); -- a comment\nINSERT INTO t VALUES (2);\n")
	writeIn(t, folder, "10_third.sql", "INSERT INTO t SELECT b FROM t;")
	writeIn(t, folder, "2_second.sql", "ALTER TABLE t RENAME COLUMN a TO b;")
	writeIn(t, folder, "notes.txt", "no SQL")
	const script = `export default { fetch: async (request, { DB }) => Response.json([
		await DB.prepare("SELECT count(b) AS n FROM t").first("n"), (await DB.prepare("SELECT id, name FROM d1_migrations ORDER BY id").raw()).join()]) };`
	for range 2 { // the second time nothing is left to apply
		a := serve(t, script, opts)
		a.get("/", 200, `[4,"1,0001_first.sql,2,2_second.sql,3,10_third.sql"]`)
		if err := a.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	writeIn(t, folder, "11_wrong.sql", "INSERT INTO t VALUES (9); INSERT INTO other VALUES (1);")
	opts.Logger = discard
	_, err := load(t, write(t, "app.js", script), opts)
	if err == nil || !strings.Contains(err.Error(), "the D1 database DB: the migration "+filepath.Join(folder, "11_wrong.sql")+" cannot be applied: no such table: other") {
		t.Errorf("the error names the database and the file; got %v", err)
	}
	opts.Bindings.D1[0].Migrations = ""
	serve(t, script, opts).get("/", 200, `[4,"1,0001_first.sql,2,2_second.sql,3,10_third.sql"]`)
}
