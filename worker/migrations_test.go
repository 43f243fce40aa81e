package worker_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// storedScript has a class, whose objects add up numbers, and a fetch method that adds the number in the path to the object "one".
func storedScript(class string) string {
	return `
		import { DurableObject } from "cloudflare:workers";
		export class ` + class + ` extends DurableObject {
			async add(n) {
				const sum = (await this.ctx.storage.get("sum") ?? 0) + n;
				await this.ctx.storage.put("sum", sum);
				return sum;
			}
		}
		export default { async fetch(request, { ONE }) {
			const n = Number(new URL(request.url).pathname.slice(1));
			return new Response(ONE.idFromName("one").toString().slice(0, 8) + " " + await ONE.getByName("one").add(n));
		} };`
}

// storedOptions are the options for storedScript.
func storedOptions(data, class string, migrations ...worker.Migration) worker.Options {
	return worker.Options{Data: data, Migrations: migrations, Bindings: worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "ONE", Class: class}}}}
}

func TestMigrations(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	list := []worker.Migration{
		{Tag: "v1", New: []string{"Old"}},
		{Tag: "v2", Renamed: []worker.RenamedClass{{From: "Old", To: "New"}}},
		{Tag: "v3", New: []string{"Old"}},
		{Tag: "v4", Deleted: []string{"New"}},
	}
	// run loads the application with a class and migrations, adds a number, and returns the ID of the object and the sum.
	run := func(class string, n string, migrations ...worker.Migration) (id, sum string) {
		t.Helper()
		a := serve(t, storedScript(class), storedOptions(data, class, migrations...))
		defer func() { _ = a.Shutdown(t.Context()) }()
		id, sum, _ = strings.Cut(a.do("GET", "/"+n, "").body, " ")
		return id, sum
	}
	first, sum := run("Old", "1", list[:1]...)
	if sum != "1" {
		t.Fatalf("a new object begins with 0; got %s", sum)
	}
	if id, sum := run("New", "2", list[:2]...); id != first || sum != "3" {
		t.Errorf("a renamed class keeps its objects and their IDs: %s 3; got %s %s", first, id, sum)
	}
	if id, sum := run("Old", "4", list[:3]...); id == first || sum != "4" {
		t.Errorf("a new class with the first name of a renamed one has other objects; got %s %s", id, sum)
	}
	if id, sum := run("New", "8", list[:3]...); id != first || sum != "11" {
		t.Errorf("a migration is applied once: %s 11; got %s %s", first, id, sum)
	}
	if _, sum := run("Old", "16", list...); sum != "20" {
		t.Errorf("the other class keeps its objects; got %s", sum)
	}
	if _, sum := run("New", "32", list...); sum != "32" {
		t.Errorf("the objects of a deleted class are gone; got %s", sum)
	}
	_, err := load(t, write(t, "app.js", storedScript("New")), storedOptions(data, "New", worker.Migration{Tag: "v5", Renamed: []worker.RenamedClass{{From: "Old", To: "New"}}}))
	if want := "the migration v5 cannot be applied to the data directory: Old cannot be renamed to New, which has objects already"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error contains %q; got %v", want, err)
	}
}

// A migration that deletes the last class is applied, although no binding needs the data directory any more.
func TestMigrationsDeleteTheLastClass(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	a := serve(t, storedScript("Room"), storedOptions(data, "Room"))
	a.do("GET", "/1", "")
	if err := a.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	a = serve(t, `export default { fetch() {} };`, worker.Options{Data: data, Migrations: []worker.Migration{{Tag: "v1", Deleted: []string{"Room"}}}})
	if !strings.Contains(a.log.String(), `msg="migration of Durable Objects applied" tag=v1`) {
		t.Errorf("the log has the migration; got %s", a.log.String())
	}
	if left, err := filepath.Glob(filepath.Join(data, "objects", "*")); err != nil || len(left) > 0 {
		t.Errorf("nothing is stored; got %v %v", left, err)
	}
}

func TestLoadChecksMigrations(t *testing.T) {
	t.Parallel()
	for want, list := range map[string][]worker.Migration{
		"a migration has no tag":         {{}},
		"two migrations have the tag v1": {{Tag: "v1"}, {Tag: "v1"}},
	} {
		if _, err := load(t, write(t, "app.js", `export default { fetch() {} };`), worker.Options{Logger: discard, Migrations: list}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error contains %q; got %v", want, err)
		}
	}
}
