import { and, desc, eq, inArray, relations, sql } from "drizzle-orm";
import { integer, pgTable, QueryBuilder, text, timestamp } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pg-proxy";
import { integer as int, QueryBuilder as SqliteBuilder, sqliteTable, text as str } from "drizzle-orm/sqlite-core";
import { equal, run } from "../check";

const users = pgTable("users", { id: integer("id").primaryKey(), name: text("name").notNull(), joined: timestamp("joined", { mode: "date" }) });
const posts = pgTable("posts", { id: integer("id").primaryKey(), author: integer("author").references(() => users.id) });
const rooms = sqliteTable("rooms", { id: int("id").primaryKey(), title: str("title") });

run({
  "queries are compiled"() {
    const query = new QueryBuilder().select({ name: users.name, count: sql<number>`count(*)` }).from(users).leftJoin(posts, eq(posts.author, users.id)).where(and(inArray(users.id, [1, 2]), sql`${users.name} ilike ${"a%"}`)).groupBy(users.name).orderBy(desc(users.name)).limit(5).toSQL();
    equal(query.sql, 'select "users"."name", count(*) from "users" left join "posts" on "posts"."author" = "users"."id" where ("users"."id" in ($1, $2) and "users"."name" ilike $3) group by "users"."name" order by "users"."name" desc limit $4');
    equal(query.params, [1, 2, "a%", 5]);
    equal(new SqliteBuilder().select().from(rooms).where(eq(rooms.id, 1)).toSQL(), { sql: 'select "id", "title" from "rooms" where "rooms"."id" = ?', params: [1] } as any);
  },
  async "queries run with a proxy driver"() {
    const statements: string[] = [];
    const db = drizzle(async (statement) => { statements.push(statement); return { rows: [[1, "ann", "2026-01-01 00:00:00"]] }; }, { schema: { users, posts, postsRelations: relations(posts, ({ one }) => ({ author: one(users, { fields: [posts.author], references: [users.id] }) })) } });
    equal(await db.select().from(users).where(eq(users.id, 1)), [{ id: 1, name: "ann", joined: new Date("2026-01-01T00:00:00Z") }]);
    await db.insert(users).values({ id: 2, name: "bob", joined: new Date(0) });
    equal(statements[1], 'insert into "users" ("id", "name", "joined") values ($1, $2, $3)');
  },
});
