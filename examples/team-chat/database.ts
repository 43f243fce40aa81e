// The connection to PostgreSQL.
import { env } from "linger";
import pg from "pg";
import schema from "./schema.sql";

pg.types.setTypeParser(pg.types.builtins.INT8, Number); // ids, which are far below 2^53

// Each worker has a pool of its own.
const pool = new pg.Pool({ connectionString: String(env.DATABASE_URL), max: 4, allowExitOnIdle: true });
pool.on("error", (error) => console.error("an idle connection to the database has failed:", error.message)); // the next query opens another one

/** Runs a query and returns its rows. */
export async function query<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
  return (await pool.query<Row>(text, values)).rows;
}

/** Creates the tables that do not exist. */
export async function createTables() {
  await pool.query(schema);
}
