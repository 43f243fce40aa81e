import { env } from "linger";
import pg from "pg";
import { equal, fails, run } from "../check";

const pool = new pg.Pool({ connectionString: String(env.DATABASE_URL), max: 4 });

run({
  async "values have their types"() {
    const { rows } = await pool.query("select $1::text as text, $2::jsonb as json, $3::timestamptz as at, $4::bytea as bytes, $5::int[] as list, null as nothing",
      ["zażółć 😀", { a: [1] }, new Date(5), Buffer.from([0, 255]), [1, 2]]);
    equal({ ...rows[0], bytes: [...rows[0].bytes] }, { text: "zażółć 😀", json: { a: [1] }, at: new Date(5), bytes: [0, 255], list: [1, 2], nothing: null });
  },
  async "queries run at the same time"() {
    const results = await Promise.all(Array.from({ length: 40 }, (_, i) => pool.query("select $1::int as i", [i])));
    equal(results.map(({ rows }) => rows[0].i), Array.from({ length: 40 }, (_, i) => i));
  },
  async "transactions are rolled back"() {
    const client = await pool.connect();
    try {
      await client.query("create temporary table numbers (n int primary key)");
      await client.query("begin");
      await client.query("insert into numbers values (1)");
      await fails(() => client.query("insert into numbers values (1)"), "duplicate key value");
      await client.query("rollback");
      equal((await client.query("select count(*)::int as count from numbers")).rows, [{ count: 0 }]);
    } finally {
      client.release();
    }
  },
  async "errors have a code and a position"() {
    const error: any = await pool.query("select wrong from nowhere").catch((error: any) => error);
    equal([error.code, error.position], ["42P01", "19"]);
  },
  async "notifications arrive"() {
    const listener = new pg.Client({ connectionString: String(env.DATABASE_URL) });
    await listener.connect();
    const arrived = new Promise((resolve) => listener.on("notification", resolve));
    await listener.query("listen news");
    await pool.query("select pg_notify('news', 'hello')");
    equal((await arrived as any).payload, "hello");
    await listener.end();
  },
});
