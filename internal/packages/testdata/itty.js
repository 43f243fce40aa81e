import { AutoRouter, cors, error, json } from "itty-router";

const { preflight, corsify } = cors({ origin: "*" });
const router = AutoRouter({ before: [preflight], finally: [corsify] });
router.get("/json/:name", ({ params }) => ({ hello: params.name }));
router.post("/echo", async (request) => new Response(await request.text()));
router.get("/missing", () => error(404, "not here"));
router.get("/own", () => json([1]));

export default router;
