import { Elysia, t } from "elysia";

const app = new Elysia()
  .onError(({ code, error, status }) => (code === "VALIDATION" ? status(422, "invalid") : code === "NOT_FOUND" ? status(404, "nothing here") : status(500, (error as Error).message)))
  .get("/", () => "hello")
  .get("/users/:id", ({ params: { id }, query }) => ({ id, query }))
  .post("/users", ({ body, set }) => { set.status = 201; return { name: body.name.toUpperCase() }; }, { body: t.Object({ name: t.String({ minLength: 2 }) }) })
  .get("/cookie", ({ cookie: { seen } }) => { seen.value = "1"; return seen.value; })
  .get("/fails", () => { throw new Error("broken"); })
  .group("/admin", (group) => group.derive(({ headers }) => ({ user: headers.authorization })).get("/me", ({ user }) => user ?? "anonymous"));

export default { fetch: (request: Request) => app.fetch(request) };
