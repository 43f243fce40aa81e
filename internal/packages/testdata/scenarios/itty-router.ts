import { AutoRouter, cors, error, html, IRequest, json, status, StatusError, withContent, withCookies } from "itty-router";

const { preflight, corsify } = cors({ origin: "*", allowMethods: "GET, POST" });
const router = AutoRouter({ before: [preflight], finally: [corsify] });
const withUser = (request: IRequest) => {
  request.user = request.headers.get("authorization");
  if (!request.user) return error(401, "sign in");
};

router.get("/json/:name", ({ params }) => ({ hello: params.name }));
router.get("/query", ({ query }) => query);
router.post("/echo", async (request) => new Response(await request.text()));
router.post("/content", withContent, ({ content }) => json(content instanceof FormData ? Object.fromEntries(content) : content, { status: 201 }));
router.get("/me", withUser, ({ user }) => user);
router.get("/cookies", withCookies, ({ cookies }) => cookies);
router.get("/page", () => html("<p>hi</p>"));
router.get("/none", () => status(204));
router.get("/missing", () => error(404, "not here"));
router.get("/throws", () => { throw new StatusError(422, { fields: ["name"] }); });
router.get("/own", () => json([1]));

export default { ...router };
