import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { equal, run } from "../check";

interface Database { user: { id: number; name: string; team: number | null }; team: { id: number; title: string } }

const postgres = new Kysely<Database>({ dialect: { createAdapter: () => new PostgresAdapter(), createDriver: () => new DummyDriver(), createIntrospector: (db) => new PostgresIntrospector(db), createQueryCompiler: () => new PostgresQueryCompiler() } });
const sqlite = new Kysely<Database>({ dialect: { createAdapter: () => new SqliteAdapter(), createDriver: () => new DummyDriver(), createIntrospector: (db) => new SqliteIntrospector(db), createQueryCompiler: () => new SqliteQueryCompiler() } });

run({
  "queries are compiled"() {
    const query = postgres.selectFrom("user as u").innerJoin("team", "team.id", "u.team").select(["u.name", "team.title"]).where("u.id", "in", [1, 2]).where(({ or, eb }) => or([eb("u.name", "like", "a%"), eb("u.team", "is", null)])).orderBy("u.id", "desc").limit(10).compile();
    equal(query.sql, 'select "u"."name", "team"."title" from "user" as "u" inner join "team" on "team"."id" = "u"."team" where "u"."id" in ($1, $2) and ("u"."name" like $3 or "u"."team" is null) order by "u"."id" desc limit $4');
    equal(query.parameters, [1, 2, "a%", 10]);
  },
  "changes are compiled"() {
    const insert = sqlite.insertInto("user").values([{ id: 1, name: "ann", team: null }]).onConflict((oc) => oc.column("id").doUpdateSet({ name: "ann" })).returningAll().compile();
    equal([insert.sql, insert.parameters], ['insert into "user" ("id", "name", "team") values (?, ?, ?) on conflict ("id") do update set "name" = ? returning *', [1, "ann", null, "ann"]]);
    equal(postgres.updateTable("user").set({ name: sql<string>`upper(${sql.ref("name")})` }).where("id", "=", 1).compile().sql, 'update "user" set "name" = upper("name") where "id" = $1');
  },
  async "queries run with a driver"() {
    equal(await postgres.selectFrom("user").selectAll().execute(), []);
    equal(await postgres.transaction().execute(async (trx) => (await trx.selectFrom("team").selectAll().execute()).length), 0);
  },
});
