import { env } from "linger";
import pg from "pg";

const pool = new pg.Pool({ connectionString: String(env.DATABASE_URL) });
export default { fetch: async () => Response.json((await pool.query("select 1")).rows) };
